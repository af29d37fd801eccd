import {
  CHAT_CHARS_MAX,
  CallboxError,
  Client,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  matchOf
} from "./shared.js";
export {
  CHAT_CHARS_MAX,
  CallboxError,
  Client,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  matchOf
};
