/**
 * Counts the frames of a stream that people could see: those that a playing element has presented, on a page that is not hidden.
 *
 * Elements are found by their stream, in the page and in its picture-in-picture window; one within a shadow root is handed
 * over. Decoded frames say less: Chromium may decode a picture and present nothing.
 */
/** An app names an element within a shadow root. */
export declare function handOver(video: HTMLVideoElement): void;
/** Frames of the stream that were presented; `null` if nobody can tell. */
export declare function presented(stream: MediaStream): number | null;
