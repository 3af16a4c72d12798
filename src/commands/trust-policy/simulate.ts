import { Flags, type Interfaces } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { EXIT } from '../../model/problem.ts';
import { readCallerPolicies, readIdentityPolicies, readPolicyFile } from '../../trust-policy/input.ts';
import { renderSimulation } from '../../trust-policy/render-simulation.ts';
import { type Simulation, simulate } from '../../trust-policy/simulate.ts';
import { readContext } from '../../trust-policy/simulate-request.ts';

const exitCodes = { allow: EXIT.ok, deny: EXIT.findings, unknown: EXIT.unchecked } as const;

export default class Simulate extends PodIamCommand<typeof Simulate> {
  static override summary =
    'Say whether a trust policy lets a caller have the role: allow, deny or unknown (exit 0, 1, 3).';
  static override examples = [
    '<%= config.bin %> trust-policy simulate --policy blue.json --caller arn:aws:iam::111122223333:role/node',
  ];
  static override enableJsonFlag = true;
  static override flags = {
    policy: Flags.string({ summary: 'The trust policy; - is stdin.', helpValue: 'FILE', required: true }),
    caller: Flags.string({
      summary: 'Who asks: a role, user, session, account root, service, or OIDC or SAML provider.',
      helpValue: 'ARN',
      required: true,
    }),
    'caller-role': Flags.string({
      summary: 'The role of a session caller, with its path.',
      helpValue: 'ARN',
    }),
    role: Flags.string({
      summary: "The role asked for; default: one in the caller's account.",
      helpValue: 'ARN',
    }),
    action: Flags.string({ summary: 'The action asked for.', default: 'sts:AssumeRole' }),
    context: Flags.string({
      summary: 'A fact of the request, such as sts:ExternalId=blue; once per value.',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    absent: Flags.string({
      summary: 'A fact that the request does not have, such as aws:MultiFactorAuthPresent.',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'identity-policy': Flags.string({
      summary: "The caller's own policy: a file, `any` (allows everything) or `silent`.",
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'permissions-boundary': Flags.string({
      summary: "The permissions boundary of the caller's user or role; default: none.",
      helpValue: 'FILE',
    }),
    'session-policy': Flags.string({
      summary: "A policy that the caller's session was made with; default: none.",
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<Simulation> {
    const { policy, caller, role, action } = this.#own;
    const identityPolicies = await readIdentityPolicies(this.#own['identity-policy'] ?? [], process.stdin);
    const boundary = this.#own['permissions-boundary'];
    const [permissionsBoundary] = await readCallerPolicies(boundary ? [boundary] : [], process.stdin);
    const session = this.#own['session-policy'];
    const sessionPolicies = session ? await readCallerPolicies(session, process.stdin) : null;
    const { parsed } = await readPolicyFile(policy, process.stdin);
    const simulation = simulate(parsed, {
      caller,
      callerRole: this.#own['caller-role'] ?? null,
      action,
      role: role ?? null,
      context: readContext(this.#context(), this.#own.absent ?? []),
      identityPolicies,
      permissionsBoundary: permissionsBoundary ?? null,
      sessionPolicies,
    });
    this.log(renderSimulation(simulation));
    this.end(exitCodes[simulation.decision]);
    return simulation;
  }

  /** Here --context is the request's, not the kubeconfig's, and the types know only the latter. */
  get #own(): Interfaces.InferredFlags<typeof Simulate.flags> {
    return this.flags as never;
  }

  /** From the command line alone: the environment and the file mean the kubeconfig's. */
  #context(): string[] {
    return this.argv.some((word) => /^--context(?:=|$)/.test(word)) ? (this.#own.context ?? []) : [];
  }
}
