export { makeCovers } from "./covers.js";
export { openCapture, type Capture, type CaptureOptions } from "./session.js";
