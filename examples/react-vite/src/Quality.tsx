import { useCallQuality } from "@callbox/client/react";

/** Rendered once a second, and nothing else with it. */
export function Quality() {
  const quality = useCallQuality();
  return <p>{quality ? `${quality.level}, ${Math.round(quality.roundTripMs)} ms` : "…"}</p>;
}
