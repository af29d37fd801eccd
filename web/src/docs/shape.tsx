/**
 * Schemas in words and links: what a member is, and what a named shape is made of.
 */
import type { ComponentChildren } from "preact";
import { words } from "../messages.js";
import { nameOf } from "./openapi.js";
import type { Schema } from "./openapi.js";

/** Text in which backticks mark code. */
export function Prose({ text }: { text: string | undefined }) {
  return <>{(text ?? "").split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>;
}

/** The kind of a value, in one line. */
export function Kind({ schema }: { schema: Schema | undefined }): ComponentChildren {
  const { list, map, or, anything } = words.docs.kinds;
  if (schema === undefined) return anything;
  if (schema.$ref !== undefined) return <a href={`#schema-${nameOf(schema.$ref)}`}>{nameOf(schema.$ref)}</a>;
  const either = schema.oneOf ?? schema.allOf;
  if (either) {
    return either.map((one, index) => (
      <span key={index}>
        {index > 0 && ` ${or} `}
        <Kind schema={one} />
      </span>
    ));
  }
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(` ${or} `);
  if (schema.items) {
    return (
      <>
        {list} <Kind schema={schema.items} />
        {bounds(schema)}
      </>
    );
  }
  if (typeof schema.additionalProperties === "object") {
    return (
      <>
        {map} <Kind schema={schema.additionalProperties} />
      </>
    );
  }
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? [anything]);
  return types.join(` ${or} `) + (schema.format === undefined ? "" : ` (${schema.format})`) + bounds(schema);
}

function bounds({ minimum, maximum, maxLength, maxItems }: Schema): string {
  const most = maxLength ?? maxItems;
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} ${words.docs.kinds.to} ${maximum}`;
  return most === undefined ? "" : `, ${most} ${words.docs.kinds.most}`;
}

/** A named shape, with its members. */
export function Shape({ name, schema }: { name: string; schema: Schema }) {
  const members = Object.entries(schema.properties ?? {});
  return (
    <article id={`schema-${name}`} class="shape" tabIndex={-1}>
      <h3>{name}</h3>
      <p>
        <Prose text={schema.description} />
      </p>
      {members.length === 0 ? (
        <p class="kind">
          <Kind schema={schema} />
        </p>
      ) : (
        <dl>
          {members.map(([member, inner]) => (
            <div key={member}>
              <dt>
                <code>{member}</code>
                {!schema.required?.includes(member) && <small> {words.docs.optional}</small>}
              </dt>
              <dd>
                <span class="kind">
                  <Kind schema={inner} />
                </span>{" "}
                <Prose text={inner.description} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  );
}
