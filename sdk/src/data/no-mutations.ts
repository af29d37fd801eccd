/**
 * Instead of query-core's cache of mutations in the built package: writes go through `CallboxData.write`, and it saves a KB.
 *
 * An app that uses TanStack's mutations has its own `QueryClient`, and gives us that one.
 */
export class MutationCache {
  clear(): void {}
  findAll(): [] {
    return [];
  }
  resumePausedMutations(): Promise<void> {
    return Promise.resolve();
  }
}
