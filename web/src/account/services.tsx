/**
 * A button for each other service that one may sign in with; nothing if the server knows none.
 */
import type { Provider } from "@callbox/client";
import { Said, useTask } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { client, useWait } from "./session.js";

/** None until they are there; and a person who cannot get them has the other ways. */
export function useProviders(): Provider[] {
  const [wait] = useWait(() => client().account.providers());
  return wait.state === "there" ? wait.data.items : [];
}

/** For signing in. */
export function Services() {
  return <Buttons providers={useProviders()} />;
}

/** With `isLink` the service is to open the account that one has, in place of signing in. */
export function Buttons({ providers, isLink = false }: { providers: Provider[]; isLink?: boolean }) {
  if (providers.length === 0) return null;
  return (
    <div class="services">
      {providers.map((provider) => (
        <Service key={provider.id} provider={provider} isLink={isLink} />
      ))}
    </div>
  );
}

function Service({ provider, isLink }: { provider: Provider; isLink: boolean }) {
  const { isBusy, fault, run } = useTask();
  const { go, link } = words.services;
  const leave = async () => location.assign(await client().account.startOidc(provider.id, { link: isLink }));
  return (
    <div class="task">
      <button type="button" class="quiet" aria-disabled={isBusy} onClick={() => void run(leave)}>
        {isLink ? link(provider.name) : go(provider.name)}
      </button>
      <Said fault={fault} />
    </div>
  );
}
