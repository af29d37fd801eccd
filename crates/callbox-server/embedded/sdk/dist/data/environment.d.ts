import type { AnswerStore } from "./kept.js";
export interface DataEnvironment {
    now(): number;
    random(): number;
    /** Asks for a name that one tab has at a time, or with `shared` waits until none has it; the result gives it back, or up. */
    lock(name: string, shared: boolean, onHeld: () => void): () => void;
    channel(name: string, onMessage: (message: unknown) => void): {
        post(message: unknown): void;
        close(): void;
    };
    readonly answers: AnswerStore;
}
export declare function dataEnvironment(): DataEnvironment;
