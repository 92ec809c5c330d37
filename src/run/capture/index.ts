export { makeCovers } from "./covers.js";
export { openCapture, type Capture, type CapturedCommand, type CaptureOptions } from "./session.js";
