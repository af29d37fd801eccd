/**
 * How the page asks the server: figures over time, anew when something happened; and the live feed.
 *
 * Answers stay while newer ones come. One question of each kind is under way; each minute all are asked again.
 */
import type { Figures, LiveSample } from "@callbox/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { client } from "../account/session.js";

export const get = <Answer>(path: string): Promise<Answer> => client().login.ask<Answer>("GET", path);

const EACH_MS = 60_000;
/** The server reads its counters each ten seconds; what was counted just now is in the figures after that. */
const FOLDED_MS = 11_000;
const STALE_MS = 30_000;
const BACKOFF_MS = [1_000, 2_000, 5_000, 15_000];

/** Goes up each minute, and soon after `sum` has changed. */
export function useTurn(sum: number | null, delay = FOLDED_MS): number {
  const [turn, setTurn] = useState(0);
  const state = useRef<{ seen: number | null; timer: ReturnType<typeof setTimeout> | null; isMore: boolean }>({ seen: null, timer: null, isMore: false });
  useEffect(() => {
    const timer = setInterval(() => setTurn((now) => now + 1), EACH_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const now = state.current;
    const hasChanged = sum !== null && now.seen !== null && sum !== now.seen;
    now.seen = sum ?? now.seen;
    const plan = () => {
      now.timer = setTimeout(() => {
        now.timer = null;
        setTurn((turn) => turn + 1);
        if (now.isMore) plan();
        now.isMore = false;
      }, delay);
    };
    if (!hasChanged) return;
    if (now.timer === null) plan();
    else now.isMore = true;
  }, [sum]);
  return turn;
}

export interface Answers<Name extends string> {
  readonly data: Readonly<Partial<Record<Name, Figures>>>;
  readonly hasFailed: boolean;
  readonly again: () => void;
}

/** Asks these questions of `/v1/metrics/query` when `key` or `turn` changes. */
export function useFigures<Name extends string>(questions: () => Record<Name, string>, key: string, turn: number): Answers<Name> {
  const ask = async () => {
    const asked = Object.entries(questions()) as [Name, string][];
    const answers = asked.map(async ([name, query]) => [name, await get<Figures>(`metrics/query?metric=${query}`)] as const);
    return Object.fromEntries(await Promise.all(answers)) as Record<Name, Figures>;
  };
  const { answer, ...rest } = useAnswer(ask, key, turn);
  return { data: answer ?? ({} as Answers<Name>["data"]), ...rest };
}

/** Asks for one document when `turn` changes. */
export function useDocument<Document>(path: string, turn: number) {
  const { answer, ...rest } = useAnswer(() => get<Document>(path), path, turn);
  return { document: answer, ...rest };
}

/** Asks when `key` or `turn` changes. The last answer stays until the next is there, and where that fails. */
function useAnswer<Answer>(ask: () => Promise<Answer>, key: string, turn: number) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const [retry, setRetry] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    ask().then(
      (newest) => {
        if (!isCurrent) return;
        setAnswer(() => newest);
        setFailed(false);
      },
      () => isCurrent && setFailed(true),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, turn, retry]);
  return { answer, hasFailed, again: () => setRetry((now) => now + 1) };
}

/** The newest sample of the live feed, and whether it is older than half a minute. */
export function useLive(): { sample: LiveSample | null; isStale: boolean } {
  const [sample, setSample] = useState<LiveSample | null>(null);
  const [isStale, setStale] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    let last = Date.now();
    const timer = setInterval(() => setStale(Date.now() - last > STALE_MS), 1_000);
    void follow(stop.signal, (next) => {
      last = Date.now();
      setSample(next);
    });
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, []);
  return { sample, isStale };
}

/** `EventSource` sends cookies alone, and a login may be this tab's, by its token. */
async function follow(signal: AbortSignal, take: (sample: LiveSample) => void): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const token = sessionStorage.getItem(`callbox.token:${location.origin}`);
    try {
      const answer = await fetch("/v1/metrics/live", { signal, cache: "no-store", headers: token === null ? {} : { authorization: `Bearer ${token}` } });
      if (answer.ok && answer.body) await read(answer.body, (sample) => ((failures = 0), take(sample)));
    } catch {
      // The network, or our own end: the loop knows.
    }
    await new Promise((done) => setTimeout(done, BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)]));
  }
}

async function read(body: ReadableStream<Uint8Array>, take: (sample: LiveSample) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data:"));
      if (data) take(JSON.parse(data.slice(5)) as LiveSample);
    }
  }
}

/** The value of the one point of a series, and of how many it is. */
export function one(figures: Figures | undefined, label = ""): { value: number | null; n: number } {
  const series = figures?.series.find((series) => series.label === label) ?? (label === "" ? figures?.series[0] : undefined);
  return { value: series?.values.at(-1) ?? null, n: series?.counts.reduce((sum, count) => sum + count, 0) ?? 0 };
}

/** All of a series of counted things together. */
export function total(figures: Figures | undefined, label?: string): number | null {
  if (!figures) return null;
  const series = figures.series.filter((series) => label === undefined || series.label === label);
  return series.reduce((sum, { values }) => sum + values.reduce<number>((sum, value) => sum + (value ?? 0), 0), 0);
}
