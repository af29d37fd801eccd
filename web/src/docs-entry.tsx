/**
 * The script of `/docs`: fetches the document of the interface and shows it.
 */
import { hydrate, render } from "preact";
import { Docs } from "./docs/docs.js";
import type { OpenApi } from "./docs/openapi.js";

async function read(): Promise<OpenApi> {
  const answer = await fetch("/v1/openapi.json");
  if (!answer.ok) throw new Error(`the document was answered with ${answer.status}`);
  return (await answer.json()) as OpenApi;
}

const root = document.getElementById("docs");
if (root) {
  hydrate(<Docs state="loading" />, root);
  try {
    render(<Docs state={await read()} />, root);
    // The target of the address is there only now.
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    target?.scrollIntoView();
    target?.focus();
  } catch (error) {
    console.error(error);
    render(<Docs state="failed" />, root);
  }
}
