import { World } from "./world.js";
const kind = process.argv[2]; const who = process.argv[3] as "a"; const ms = Number(process.argv[4] ?? 0); const one = process.argv[5];
const what: any = kind === "switch" ? { kind, who, gapMs: ms } : { kind, who, ms, isTold: false };
const hist: Record<string, string[]> = {};
for (let seed = one ? Number(one) : 0; seed < (one ? Number(one) + 1 : 200); seed++) {
  const w = new World({ seed, plan: { faults: [{ atMs: 4000, what }], changes: [], hangsUp: null }, ...(one ? { onNote: (ms: number, who: string, what: string) => console.log(String(ms).padStart(7), who.padEnd(6), what.slice(0, 200)) } : {}) });
  const j = await w.run();
  const n = j.offersAt.filter((at) => at >= (j.faults[0]?.at ?? 0)).length;
  (hist[n] ??= []).push(`${seed}(${j.settledMs})`);
}
console.log(Object.entries(hist).map(([n, s]) => `${n} offers: ${s.length}  ${s.slice(0, 12).join(" ")}`).join("\n"));
