/**
 * Instead of query-core's cache of mutations in the built package: writes go through `CallboxData.write`, and it saves a KB.
 *
 * An app that uses TanStack's mutations has its own `QueryClient`, and gives us that one.
 */
export declare class MutationCache {
    clear(): void;
    findAll(): [];
    resumePausedMutations(): Promise<void>;
}
