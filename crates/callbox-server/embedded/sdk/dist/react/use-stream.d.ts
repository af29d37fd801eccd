/** For an element's `ref`: `<video ref={useStream(remoteStream)} autoPlay playsInline />`. */
export declare function useStream(stream: MediaStream | null): (element: HTMLMediaElement | null) => void;
