/**
 * The places where one is signed in, and the way out, here and elsewhere.
 */
import type { LoginItem } from "@callbox/client";
import { useLogins } from "@callbox/client/data";
import { TaskForm } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { List } from "./list.js";
import { Row } from "./row.js";
import { client, day, useShown } from "./session.js";

export function LoginsCard({ isGuest, onLeft }: { isGuest: boolean; onLeft: () => void }) {
  const logins = useLogins();
  const pages = useShown({ ...logins, hasMore: false, loadMore: async () => undefined });
  const { title, signOut, guestSignOut } = words.logins;
  const leave = async () => {
    await client().account.signOut();
    onLeft();
  };
  return (
    <Card title={title}>
      <List pages={pages} none="" label={title}>
        {(login) => <Login key={login.id} login={login} onEnd={() => logins.end(login.id)} />}
      </List>
      <TaskForm go={signOut} kind="quiet" work={leave}>
        {isGuest && <p class="hint">{guestSignOut}</p>}
      </TaskForm>
    </Card>
  );
}

function Login({ login, onEnd }: { login: LoginItem; onEnd: () => Promise<void> }) {
  const { here, kinds, line, end, endLabel } = words.logins;
  const title = (
    <>
      {login.label}
      {login.is_current && <span class="mark-here">{here}</span>}
    </>
  );
  const facts = line(kinds[login.kind], day(login.created_at), day(login.last_used_at));
  return <Row title={title} facts={facts} action={!login.is_current && { go: end, label: endLabel(login.label), work: onEnd }} />;
}
