/**
 * A browser's world in which the server is other tabs: HTTP and the socket are the mock's, media is the real one.
 *
 * It keeps what it keeps under names of its own, so that the login with a real server is still there afterwards.
 */
import type { Environment, Store } from "../core/environment.js";
import { browserEnvironment } from "../browser/environment.js";
import { Accounts } from "./accounts.js";
import { Company } from "./company.js";
import { showMark } from "./mark.js";
import type { MockFrame } from "./session.js";
import { newName, Tabs } from "./tabs.js";

/** A page is one tab, however many clients it has. */
let tabs: Tabs | null = null;

/** For `new CallboxClient({ environment: mockEnvironment() })`: calls without a server. Marks the page as such. */
export function mockEnvironment(): Environment<MediaStream> {
  const env = browserEnvironment();
  const between = (tabs ??= new Tabs(env));
  const tabStore = mocked(env.tabStore);
  const accounts = new Accounts({ ...env, tabStore }, newName, {
    onUser: (user) => between.setUser(user),
    onBlock: (user, call) => between.block(user, call),
  });
  const company = new Company(env, between);
  showMark();
  return {
    ...env,
    tabStore,
    originStore: mocked(env.originStore),
    fetch: (url, request) => Promise.resolve(accounts.answer(url, request)),
    openSocket(_url, _protocol, handlers) {
      const user = accounts.user ?? { id: newName(), age: null };
      const socket = between.openSocket(
        { user, companyOf: null },
        {
          ...handlers,
          onMessage(text) {
            company.handle(JSON.parse(text) as MockFrame, user.id);
            handlers.onMessage(text);
          },
        },
      );
      return {
        send: (text) => socket.send(text),
        close(code, reason) {
          if (code === 1000) company.leave();
          socket.close(code, reason);
        },
      };
    },
  };
}

function mocked(store: Store): Store {
  const name = (key: string) => `callbox.mock.${key}`;
  return { get: (key) => store.get(name(key)), set: (key, value) => store.set(name(key), value), remove: (key) => store.remove(name(key)) };
}
