/**
 * `/docs`: the HTTP interface of this very server, to be read. It is rendered ahead of time without the document,
 * which `docs-entry.tsx` fetches.
 */
import { Foot } from "../components/foot.js";
import { Top } from "../components/top.js";
import { words } from "../messages.js";
import { resolved, routesOf, schemaOf } from "./openapi.js";
import type { OpenApi, Operation, Route } from "./openapi.js";
import { Kind, Prose, Shape } from "./shape.js";

/** The document, or what became of it: on its way, or not to be had. */
export type State = OpenApi | "loading" | "failed";

export function Docs({ state }: { state: State }) {
  const { title, raw, loading, failed } = words.docs;
  return (
    <div class="page page-docs">
      <Top />
      <main>
        <h1>{title}</h1>
        <p class="lead">{typeof state === "object" && <Prose text={state.info.description} />}</p>
        <p>
          <a href="/v1/openapi.json">{raw}</a>
        </p>
        <p role="status" class="notice">
          {state === "loading" ? loading : state === "failed" ? failed : ""}
        </p>
        {typeof state === "object" && <Content document={state} />}
      </main>
      <Foot />
    </div>
  );
}

function Content({ document }: { document: OpenApi }) {
  const { contents, shapes } = words.docs;
  return (
    <div class="docs">
      <nav aria-label={contents}>
        <ul>
          {document.tags.map(({ name }) => (
            <li key={name}>
              <a href={`#${name}`}>{name}</a>
            </li>
          ))}
          <li>
            <a href="#schemas">{shapes}</a>
          </li>
        </ul>
      </nav>
      <div>
        {document.tags.map(({ name, description }) => (
          <section key={name} id={name} tabIndex={-1} aria-labelledby={`${name}-title`}>
            <h2 id={`${name}-title`}>{name}</h2>
            <p class="lead">
              <Prose text={description} />
            </p>
            {routesOf(document, name).map((route) => (
              <Entry key={route.operation.operationId} route={route} document={document} />
            ))}
          </section>
        ))}
        <section id="schemas" tabIndex={-1} aria-labelledby="schemas-title">
          <h2 id="schemas-title">{shapes}</h2>
          {Object.entries(document.components.schemas).map(([name, schema]) => (
            <Shape key={name} name={name} schema={schema} />
          ))}
        </section>
      </div>
    </div>
  );
}

function Entry({ route, document }: { route: Route; document: OpenApi }) {
  const { method, path, operation } = route;
  const { parameters, body, answers, who } = words.docs;
  const schema = schemaOf(operation.requestBody);
  return (
    <article id={operation.operationId} class="route" tabIndex={-1}>
      <h3>
        <code>
          <span class="method">{method}</span> {path}
        </code>
      </h3>
      <p>
        <Prose text={operation.summary} /> <Prose text={operation.description} />
      </p>
      <dl>
        <div>
          <dt>{who}</dt>
          <dd>{askers(operation)}</dd>
        </div>
        {operation.parameters?.length ? (
          <div>
            <dt>{parameters}</dt>
            {operation.parameters.map((parameter) => (
              <dd key={parameter.name}>
                <code>{parameter.name}</code>{" "}
                <span class="kind">
                  <Kind schema={parameter.schema} />
                </span>{" "}
                <Prose text={parameter.description} />
              </dd>
            ))}
          </div>
        ) : null}
        {schema && (
          <div>
            <dt>{body}</dt>
            <dd>
              <Kind schema={schema} />
            </dd>
          </div>
        )}
      </dl>
      <details>
        <summary>
          {answers}
          <span class="hidden"> {`${method} ${path}`}</span>
        </summary>
        <Answers operation={operation} document={document} />
      </details>
    </article>
  );
}

function Answers({ operation, document }: { operation: Operation; document: OpenApi }) {
  return (
    <dl>
      {Object.entries(operation.responses).map(([status, answer]) => {
        const { description, content } = resolved(answer, document);
        return (
          <div key={status}>
            <dt>
              <code>{status}</code>
            </dt>
            <dd>
              <Prose text={description} />{" "}
              {content && (
                <span class="kind">
                  <Kind schema={schemaOf({ content })} />
                </span>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** The permitted callers, in words: each scheme alone is enough. */
function askers({ security }: Operation): string {
  const { schemes, everybody, or } = words.docs;
  if (!security) return everybody;
  return security
    .flatMap((one) => Object.keys(one))
    .map((name) => schemes[name as keyof typeof schemes] ?? name)
    .join(or);
}
