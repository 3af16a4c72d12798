// Where the proxy is, for commands that look for it.
import { Flags } from '@oclif/core';

export const proxyFlag = {
  'system-namespace': Flags.string({ summary: 'Namespace of the proxy.', default: 'pod-iam' }),
};
