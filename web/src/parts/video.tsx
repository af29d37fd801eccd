/**
 * A stream as a picture. The own one is mirrored and silent, as in a mirror.
 */
import { useEffect, useRef } from "preact/hooks";

export function Video(props: { stream: MediaStream | null; label: string; isOwn: boolean }) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (video && video.srcObject !== props.stream) video.srcObject = props.stream;
  }, [props.stream]);
  return <video ref={element} class={props.isOwn ? "local" : "remote"} aria-label={props.label} muted={props.isOwn} autoplay playsInline />;
}
