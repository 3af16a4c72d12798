// One judgement for every request, whoever has read it: the route's answer, counted, and an answer even when
// the daemon itself is at fault.
import { steadyMs } from './clock.ts';
import { type Log, messageOf } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Ask } from './parts.ts';
import { type Answer, refusal } from './reply.ts';
import type { Routed } from './routes/answer.ts';
import { type Soon, whenKnown } from './soon.ts';

export type Judge = (ask: Ask) => Soon<Answer>;

export function judgeBy(
  route: (ask: Ask) => Soon<Routed>,
  { log, metrics }: { log: Log; metrics: Metrics },
): Judge {
  return (ask) => {
    const counted = ({ route, answer }: Routed): Answer => {
      metrics.request(route, answer.status, (steadyMs() - ask.arrivedAtMs) / 1000);
      return answer;
    };
    const failed = (error: unknown): Answer => {
      log.error({ why: messageOf(error) }, 'defect');
      return counted({ route: 'nothing', answer: refusal(500, 'InternalError', 'the daemon failed') });
    };
    try {
      const answer = whenKnown(route(ask), counted);
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  };
}
