package io.headrace.schedule;

import java.util.List;

/**
 * One token for every sequence that decodes, then prompts in order of arrival, the last one cut to
 * fit what the step may spend on prompts, then what is left for drafts. So a long prompt never stalls a stream, and drafts use only
 * compute that nobody waits for.
 *
 * @see <a href="https://arxiv.org/abs/2403.02310">Stall-free batching with chunked prefill</a>
 */
public record DecodeFirst() implements SchedulingPolicy {
  @Override
  public void share(List<Candidate> ready, int budget, int prefill, int[] grants) {
    int count = ready.size();
    int left = budget;
    for (int i = 0; i < count && left > 0; i++) {
      if (ready.get(i).phase() != Phase.DECODE) continue;
      grants[i] = 1;
      left--;
    }
    int prompts = Math.min(left, prefill);
    for (int i = 0; i < count && prompts > 0; i++) {
      if (ready.get(i).phase() != Phase.PREFILL) continue;
      grants[i] = Math.min(prompts, ready.get(i).wantedTokens());
      prompts -= grants[i];
      left -= grants[i];
    }
    for (int i = 0; i < count && left > 0; i++) {
      if (ready.get(i).phase() != Phase.DECODE) continue;
      int more = Math.min(left, ready.get(i).wantedTokens() - grants[i]);
      grants[i] += more;
      left -= more;
    }
  }
}
