/**
 * `client.profile`: what people in a call see of each other, and what an app keeps on its users.
 */
import type { Attributes, Profile, PublicProfile, SetAttributes } from "../generated/protocol.js";
import type { Login } from "./login.js";
export declare function makeProfile(login: Login): {
    /** Sets our own profile; resolves to what is kept. */
    set: (profile: Profile) => Promise<Profile>;
    /** Sets either part of the app's own data, or both. */
    setAttributes: (attributes: SetAttributes) => Promise<Attributes>;
    /** The profile that the other person of this call shows. */
    partner: (call: string) => Promise<PublicProfile>;
};
