/**
 * `@callbox/client/react`: the client for React 18 and later, and for Preact through `preact/compat`.
 */
export { CallboxProvider } from "./react/provider.js";
export type { CallboxProviderProps } from "./react/provider.js";
export { useAccount } from "./react/use-account.js";
export type { UseAccount } from "./react/use-account.js";
export { useCallbox } from "./react/use-callbox.js";
export { useCallboxEvent } from "./react/use-callbox-event.js";
export { useCallQuality } from "./react/use-call-quality.js";
export { useDevices } from "./react/use-devices.js";
export type { Devices } from "./react/use-devices.js";
export { useHistory } from "./react/use-history.js";
export type { UseHistory } from "./react/use-history.js";
export { useProfile } from "./react/use-profile.js";
export type { UseProfile } from "./react/use-profile.js";
export { useStream } from "./react/use-stream.js";
export { useVideoChat } from "./react/use-video-chat.js";
export type { VideoChat, VideoChatActions, VideoChatState } from "./react/use-video-chat.js";
