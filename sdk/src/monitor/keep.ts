/**
 * Keeps beacons in `localStorage` until they have arrived: a page that ends while it is offline leaves them to the next one.
 *
 * Each is kept before it is sent, since nobody hears the answer of a page that has ended. What arrives twice counts once, by view and
 * sequence. `localStorage` and no database: a page that is hidden has no time to wait.
 */
import { add, readQueue, remove } from "./queue.js";
import type { Waiting } from "./queue.js";
import type { Page } from "./views.js";

const KEY = "callbox.beacons";
/** Beacons that did not arrive are tried again so often, and when the network is back. */
const RETRY_MS = 30_000;

export function keepBeacons(page: Page): void {
  const { attempt, now } = page.core;
  let isSending = false;
  /** Whether the server has no place for beacons; then this page sends none any more. */
  let isRefused = false;
  const read = () =>
    readQueue(
      attempt(() => localStorage[KEY] as string),
      now(),
    );
  const write = (queue: Waiting[]) => attempt(() => (localStorage[KEY] = JSON.stringify(queue)));

  /** Whether another try would change nothing: the server has it, or does not understand it. */
  async function send(one: Waiting): Promise<boolean> {
    const status = await page.post(one.body);
    isRefused ||= status === 404 || status === 403;
    const isDone = status > 0 && status !== 429 && status < 500;
    if (isDone) write(remove(read(), one));
    return isDone;
  }

  /** One after another; the first that does not arrive is the last that is tried. */
  async function sendAll(): Promise<void> {
    if (isSending || isRefused) return;
    isSending = true;
    for (const one of read()) if (!(await send(one))) break;
    isSending = false;
  }

  page.deliver = ({ view, sequence: seq }, body) => {
    if (isRefused) return;
    const one = { view, seq, at: now(), body };
    write(add(read(), one));
    void send(one);
  };
  addEventListener("online", sendAll);
  setInterval(sendAll, RETRY_MS);
  void sendAll();
}
