/** Asks the browser, once; the answer is there by the time of a call. */
export declare function learnCodecs(): void;
/** Puts codecs that the hardware encodes before the others, which stay in their order. */
export declare function preferCodecs(transceiver: RTCRtpTransceiver): void;
