/**
 * The notice to a banned person: why, until when, and how to object.
 */
import type { BanNotice } from "@callbox/client";
import { words } from "../messages.js";

export function BanDetails({ notice }: { notice: BanNotice }) {
  const { until, forEver, why, object, operator } = words.banned;
  const end = notice.until === null ? forEver : until(new Date(notice.until).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }));
  return (
    <>
      <p>{end}</p>
      {notice.reason !== "" && (
        <>
          <h2>{why}</h2>
          <p dir="auto">{notice.reason}</p>
        </>
      )}
      <h2>{object}</h2>
      <p dir="auto">{notice.contact || operator}</p>
    </>
  );
}
