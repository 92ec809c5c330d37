import { describeCompletion } from "../cli/support/completion.js";

describeCompletion("zsh");
describeCompletion("fish");
