/**
 * A certificate authority of a lab's own, which its browsers trust and nobody else does.
 *
 * Made by `openssl` for some days, in a folder that is removed with the lab. Browsers keep their authorities in NSS
 * databases, to which `certutil` adds it: Chromium in its home, Firefox in its profile.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DAYS = "7";
const openssl = (args) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
const certutil = (args) => execFileSync("certutil", args, { stdio: ["ignore", "ignore", "inherit"] });
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export class Authority {
  #folder;
  #file = (name) => join(this.#folder, name);

  constructor(folder) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const names = ["-subj", "/CN=Authority of a Callbox lab", "-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    openssl(["req", "-x509", ...KEY, ...names, "-days", DAYS, "-keyout", this.#file("authority.key"), "-out", this.#file("authority.pem")]);
  }

  /** The files of a certificate for a name, and of its key. */
  certify(name) {
    const [request, certificate, key, extensions] = ["csr", "pem", "key", "ext"].map((kind) => this.#file(`${name}.${kind}`));
    openssl(["req", "-new", ...KEY, "-subj", `/CN=${name}`, "-keyout", key, "-out", request]);
    writeFileSync(extensions, `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n`);
    const signer = ["-CA", this.#file("authority.pem"), "-CAkey", this.#file("authority.key"), "-CAcreateserial"];
    openssl(["x509", "-req", "-in", request, ...signer, "-days", DAYS, "-extfile", extensions, "-out", certificate]);
    return { certificate, key };
  }

  /** Makes an NSS database in this folder that trusts it. */
  trustIn(database) {
    mkdirSync(database, { recursive: true });
    certutil(["-d", `sql:${database}`, "-N", "--empty-password"]);
    certutil(["-d", `sql:${database}`, "-A", "-n", "lab", "-t", "C,,", "-i", this.#file("authority.pem")]);
  }

  /** A home whose Chromium trusts it. */
  home(name) {
    const home = this.#file(`home-${name}`);
    this.trustIn(join(home, ".pki", "nssdb"));
    return home;
  }

  /** A folder for the profile of a Firefox that trusts it. */
  profile(name) {
    const profile = this.#file(`profile-${name}`);
    this.trustIn(profile);
    return profile;
  }
}
