/**
 * `client.profile`: what people in a call see of each other, and what an app keeps on its users.
 */
import type { Attributes, Profile, PublicProfile, SetAttributes } from "../generated/protocol.js";
import type { Login } from "./login.js";

export function makeProfile(login: Login) {
  return {
    /** Sets our own profile; resolves to what is kept. */
    set: (profile: Profile) => login.ask<Profile>("PUT", "me/profile", profile),
    /** Sets either part of the app's own data, or both. */
    setAttributes: (attributes: SetAttributes) => login.ask<Attributes>("PUT", "me/attributes", attributes),
    /** The profile that the other person of this call shows. */
    partner: (call: string) => login.ask<PublicProfile>("GET", `calls/${encodeURIComponent(call)}/partner`),
  };
}
