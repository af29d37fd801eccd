/**
 * The gateways between a person and the world, kind by kind: nftables rules, and their behaviour by the words of RFC
 * 5780.
 *
 * Rules are loaded into a gateway that is there already, in one transaction; connections that it knew are forgotten
 * then. Unrequested packets are dropped without a word, before the connection table records them, since it would then
 * take another port for packets to there. Only the network's own addresses go out. A ping of the gateway is answered,
 * so that a lab can be measured.
 */
import * as namespaces from "./namespaces.mjs";

/** The proxy of networks that have nothing else. */
export const PROXY_PORT = 3128;

const UDP_LEAVES = { hasUdp: true, tcp: [443, 3478] };
const NO_UDP = { hasUdp: false };
const OURS = (network) => `iifname "lan" ip saddr ${network}.0/24`;
const ESTABLISHED = "ct state established,related accept";

/**
 * `forward` has the rules of packets that pass, `nat` chains of its own; `behaviour` is what the probe must find. A
 * public network's addresses are seen by everybody as they are.
 */
export const gateways = {
  open: {
    name: "open",
    isPublic: true,
    forward: (network) => [ESTABLISHED, `${OURS(network)} accept`, 'iifname "wan" accept'],
    behaviour: { ...UDP_LEAVES, mapping: "none", filtering: "endpoint-independent", takesUnasked: true },
  },
  /** A port is open to all once something went out from it; the gateway's port is the same as the host's. */
  full: {
    name: "full cone",
    forward: (network) => [`${OURS(network)} meta l4proto udp update @mapped { udp sport }`, ESTABLISHED, `${OURS(network)} accept`, 'iifname "wan" ct status dnat accept'],
    nat: (network) => `
      set mapped { type inet_service; flags dynamic, timeout; timeout 5m; size 65535; }
      chain in {
        type nat hook prerouting priority -100;
        iifname "wan" udp dport @mapped dnat to ${network}.2
      }
      ${out("masquerade")}`,
    behaviour: { ...UDP_LEAVES, mapping: "endpoint-independent", filtering: "endpoint-independent", takesUnasked: false },
  },
  /** As most routers at home: the port is kept while nothing else has it, and only hosts that something was sent to may
   * answer. */
  restricted: {
    name: "port-restricted",
    forward: (network) => [ESTABLISHED, `${OURS(network)} accept`],
    nat: () => out("masquerade"),
    behaviour: { ...UDP_LEAVES, mapping: "endpoint-independent", filtering: "address-and-port-dependent", takesUnasked: false },
  },
  /** As mobile networks and offices: another random port for each place that something goes to. */
  symmetric: {
    name: "symmetric",
    forward: (network) => [ESTABLISHED, `${OURS(network)} accept`],
    nat: () => out("masquerade fully-random"),
    behaviour: { ...UDP_LEAVES, mapping: "address-and-port-dependent", filtering: "address-and-port-dependent", takesUnasked: false },
  },
  "no-udp": {
    name: "UDP blocked",
    forward: (network) => ["meta l4proto udp drop", ESTABLISHED, `${OURS(network)} accept`],
    nat: () => out("masquerade"),
    behaviour: { ...NO_UDP, tcp: [443, 3478] },
  },
  "tcp-443": {
    name: "TCP 443 only",
    forward: (network) => [ESTABLISHED, `${OURS(network)} tcp dport 443 accept`],
    nat: () => out("masquerade"),
    behaviour: { ...NO_UDP, tcp: [443] },
  },
  /** As tcp-443 where the page has another port: nothing of the relay is reached. */
  "page-only": {
    name: "the page alone",
    forward: (network) => [ESTABLISHED, `${OURS(network)} tcp dport 8080 accept`],
    nat: () => out("masquerade"),
    behaviour: { ...NO_UDP, tcp: [] },
  },
  /** Nothing passes; a proxy on the gateway may be asked for port 443. */
  proxy: {
    name: "HTTP proxy only",
    forward: () => [],
    behaviour: { ...NO_UDP, tcp: [] },
  },
};

/** The six that are tried with each other; a proxy needs a browser that is configured for it. */
export const MATRIX_KINDS = ["open", "full", "restricted", "symmetric", "no-udp", "tcp-443"];

function out(verdict) {
  return `chain out {
    type nat hook postrouting priority 100;
    oifname "wan" ${verdict}
  }`;
}

const rules = ({ forward, nat = () => "" }, network) => `
table ip lab
delete table ip lab
table ip lab {
  ${nat(network)}
  chain input {
    type filter hook input priority 0; policy drop;
    iifname { "lo", "lan" } accept
    icmp type echo-request accept
    ${ESTABLISHED}
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ${forward(network).join("\n    ")}
  }
}
`;

/** Makes a gateway one of this kind, for a network such as "192.168.10". */
export function become(gateway, kind, network) {
  namespaces.runIn(gateway, "nft", ["-f", "-"], rules(gateways[kind], network));
  // On its standard error it says that it has done so.
  namespaces.runIn(gateway, "sh", ["-c", "conntrack -F 2>/dev/null"]);
}
