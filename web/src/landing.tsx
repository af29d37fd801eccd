/**
 * The landing page and the page for addresses where there is nothing. They work without JavaScript.
 */
import { Foot } from "./components/foot.js";
import { Picture } from "./components/picture.js";
import { Top } from "./components/top.js";
import { words } from "./messages.js";

/** The page's own origin, put there by `landing-entry.ts`; without JavaScript, where a fresh server listens. */
function Origin() {
  return <span class="origin">http://localhost:8080</span>;
}

const example = `import { CallboxClient } from "@callbox/client";

const callbox = new CallboxClient({ server: "ORIGIN" });
callbox.on("remote-stream", (stream) => { theirs.srcObject = stream; });
callbox.on("state", (state) => console.log(state.name));

await callbox.signIn({ age: "adult" });
mine.srcObject = await callbox.startMedia();
await callbox.seek({ interests: ["music"] });`.split("ORIGIN");

export function Landing() {
  const { title, lead, start, invite, points, developers, developersLead, docs, foot } = words.landing;
  return (
    <div class="page page-landing">
      <Top />
      <main>
        <section class="hero">
          <div>
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
            <p class="choices">
              <a class="button main" href="/call">
                {start}
              </a>
              <a class="button quiet" href="/call#invite">
                {invite}
              </a>
            </p>
          </div>
          <Picture />
        </section>
        <ul class="points">
          {points.map(([name, text]) => (
            <li key={name}>
              <h2>{name}</h2>
              <p>{text}</p>
            </li>
          ))}
        </ul>
        <section class="developers">
          <h2>{developers}</h2>
          <p>{developersLead}</p>
          <pre tabIndex={0} aria-label={developers}>
            <code>
              npm i <Origin />
              {"/sdk.tgz\n\n"}
              {example[0]}
              <Origin />
              {example[1]}
            </code>
          </pre>
          <p class="more">
            <a href="/docs">{docs}</a>
          </p>
        </section>
      </main>
      <p class="tagline">{foot}</p>
      <Foot />
    </div>
  );
}

/** A page of words. The inside of `operator-text` is replaced by the server with the operator's own text, if there is one. */
export function Text({ title, text }: { title: string; text: readonly (readonly [string, string])[] }) {
  return (
    <div class="page">
      <Top />
      <main>
        <article class="screen text">
          <h1>{title}</h1>
          <div class="operator-text">
            {text.map(([heading, paragraph]) => (
              <section key={heading}>
                <h2>{heading}</h2>
                <p>{paragraph}</p>
              </section>
            ))}
          </div>
        </article>
      </main>
      <Foot />
    </div>
  );
}

export function NotFound() {
  const { title, lead, home } = words.notFound;
  return (
    <div class="page">
      <Top />
      <main>
        <section class="screen">
          <h1>{title}</h1>
          <p class="lead">{lead}</p>
          <a class="button main" href="/">
            {home}
          </a>
        </section>
      </main>
    </div>
  );
}
