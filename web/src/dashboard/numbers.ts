/**
 * Numbers and times in words: UTC always, a space that does not break before units, and no percentage without care.
 */
const SPACE = "\u00a0";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fixed = (value: number, digits: number) => value.toFixed(digits);

export const count = (value: number): string => (value >= 1_000_000 ? `${fixed(value / 1_000_000, 2)}${SPACE}M` : whole.format(value));

/** Of a ratio; two decimals where one would say 0 or 100. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value === 0 || value === 100 ? value : fixed(value, value < 1 || value > 99.9 ? 2 : 1)}%`;
}

export function ms(value: number): string {
  if (value === 0) return `0${SPACE}ms`;
  if (value < 10) return `${fixed(value, 1)}${SPACE}ms`;
  return value < 1_000 ? `${Math.round(value)}${SPACE}ms` : `${fixed(value / 1_000, 2)}${SPACE}s`;
}

export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let index = 0;
  let size = value;
  for (; size >= 1_000 && index < 4; index++) size /= 1_000;
  return `${fixed(size, index === 0 || size >= 100 ? 0 : 1)}${SPACE}${units[index]}`;
}

export function span(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return `${Math.round(milliseconds / 1_000)}${SPACE}s`;
  if (minutes < 60) return `${minutes}${SPACE}min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}${SPACE}h ${minutes % 60}${SPACE}min` : `${Math.floor(hours / 24)}${SPACE}days`;
}

const part = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const CLOCK = part({ hour: "2-digit", minute: "2-digit" });
const SECONDS = part({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = part({ day: "numeric", month: "short" });

export const clock = (at: number): string => CLOCK.format(at);
export const seconds = (at: number): string => SECONDS.format(at);
export const day = (at: number): string => DAY.format(at);
export const moment = (at: number): string => `${day(at)} ${clock(at)}`;

/** A moment of a call: milliseconds until the first picture, then minutes. */
export function since(milliseconds: number): string {
  if (milliseconds < 10_000) return `${Math.round(milliseconds)}${SPACE}ms`;
  const total = Math.floor(milliseconds / 1_000);
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
}
