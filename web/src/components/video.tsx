/**
 * A stream as a picture. The own one is mirrored and silent, as in a mirror; a shared screen is not mirrored.
 */
import { useStream } from "@callbox/client/react";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { speaker } from "../page.js";

export function Video(props: { stream: MediaStream | null; label: string; isOwn: boolean; isScreen?: boolean; element?: RefObject<HTMLVideoElement | null> }) {
  const { stream, label, isOwn, isScreen } = props;
  const own = useRef<HTMLVideoElement>(null);
  // The component around it may want its element too.
  const element = props.element ?? own;
  const show = useStream(stream);
  const sink = isOwn ? "" : speaker.value;
  useEffect(() => {
    // A speaker that is gone leaves the system's own.
    if (element.current && "setSinkId" in element.current) element.current.setSinkId(sink).catch(() => undefined);
  }, [sink]);
  const take = (video: HTMLVideoElement | null) => {
    element.current = video;
    show(video);
  };
  return <video ref={take} class={`${isOwn ? "local" : "remote"} ${isScreen ? "screen" : ""}`} aria-label={label} muted={isOwn} autoplay playsInline />;
}
