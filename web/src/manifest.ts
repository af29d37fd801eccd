/**
 * The data that a browser needs to install the page as an app. Written when the web files are built.
 *
 * It is beside the other assets, so the icons' addresses are relative. Its own address changes with each build; `id`
 * shows browsers that it is still the same app.
 */
import { words } from "./messages.js";

/** The ground of each scheme, as `base.css` has it: what a browser paints around the page, and before it. */
export const GROUND = { light: "#fbfaf8", dark: "#14161b" } as const;

const icon = (name: string, size: number, purpose: "any" | "maskable") => ({ src: name, sizes: `${size}x${size}`, type: "image/png", purpose });

export const manifest = {
  id: "/",
  name: words.product,
  short_name: words.product,
  description: words.landing.lead,
  lang: "en",
  // A person who installed it has read the landing page.
  start_url: "/call",
  scope: "/",
  display: "standalone",
  // A manifest has room for one scheme. Once the page is there, its own `theme-color` says which.
  theme_color: GROUND.light,
  background_color: GROUND.light,
  icons: [
    icon("icon-192.png", 192, "any"),
    icon("icon-512.png", 512, "any"),
    icon("icon-maskable-512.png", 512, "maskable"),
    { src: "favicon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
  ],
} as const;
