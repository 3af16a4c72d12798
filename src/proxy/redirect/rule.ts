// What the redirect is to do, free of any packet filter's language.

/** The address that SDKs ask, and its IPv6 sister. */
export const METADATA_IPV4 = '169.254.169.254';
export const METADATA_IPV6 = 'fd00:ec2::254';

export interface RedirectRule {
  /** Address of the node on which the daemon listens; IPv4 or IPv6. */
  hostIp: string;
  port: number;
  /** The intercepted IPv4 address. */
  metadataAddress: string;
  /** Interface of the pods, a `+` at its end standing for any rest; null for all. */
  hostInterface: string | null;
  /** Whether the address of the container credentials is led to the daemon as well. */
  containerCredentials: boolean;
}

/** A packet filter that can hold the rule. Every function throws a ToolError when its program fails. */
export interface Backend {
  name: 'nft' | 'iptables';
  /** Sets the whole rule anew, or what is missing of it. */
  assert(): Promise<void>;
  /** Null when the rule is in place as it was set; else what is wrong. */
  check(): Promise<string | null>;
  /** Takes the rule away, if it is there, and proves by a listing that it is gone. */
  remove(): Promise<void>;
  /** Calls back soon after something of the rule was taken away; where that cannot be known, never. */
  watch(onLoss: () => void, signal: AbortSignal): void;
}

/** The real service's address is what pods ask, unless it was put elsewhere for the daemon alone. */
export function interceptedAddress(metadataAddr: string): string {
  return /^169\.254\.\d{1,3}\.\d{1,3}$/.test(metadataAddr) ? metadataAddr : METADATA_IPV4;
}
