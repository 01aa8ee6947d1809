import { calicoBgp } from './calicoBgp.ts';
import { calicoIpip } from './calicoIpip.ts';
import { calicoVxlan } from './calicoVxlan.ts';
import { ciliumVxlan } from './ciliumVxlan.ts';
import { flannelHostGw } from './flannelHostGw.ts';
import { flannelVxlan } from './flannelVxlan.ts';
import type { CniProfile } from './profile.ts';
import { unknownCni } from './unknown.ts';
import { unmodelledCnis } from './unmodelled.ts';

/** Every CNI that Podpath has something to say about, sorted by name. */
export const cniProfiles: readonly CniProfile[] = [
  calicoBgp,
  calicoIpip,
  calicoVxlan,
  ciliumVxlan,
  flannelHostGw,
  flannelVxlan,
  unknownCni,
  ...unmodelledCnis,
].sort((a, b) => (a.name < b.name ? -1 : 1));

const byName = new Map(cniProfiles.map((one) => [one.name, one]));

/** The profile of a name; that of the unknown CNI for any other text. */
export function profileOf(name: string): CniProfile {
  return byName.get(name) ?? unknownCni;
}
