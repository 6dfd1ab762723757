package io.headrace.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.ToDoubleFunction;

/**
 * Grows the draft tree of which most is accepted: from the best guess, again and again the most probable of the next siblings and
 * first children of what is there.
 *
 * <p>A path is a list of ranks from 0: {@code (1, 0)} is the second guess of the first head, followed by the first guess of the second
 * head. Paths come in order of merit, so every beginning of the list is the best tree of its size.
 *
 * @param paths in order of merit; parents and elder siblings stand before a path
 * @param values probability that a path is accepted, likewise
 * @see <a href="https://arxiv.org/abs/2401.10774">Medusa, section 2.3.3</a>
 */
public record TreeGrowth(List<int[]> paths, double[] values) {
  private record Node(int[] path, double value) {}

  /** Of equal values the shorter path first, then the lower ranks. */
  private static final Comparator<Node> MERIT =
      Comparator.comparingDouble(Node::value)
          .reversed()
          .thenComparingInt(node -> node.path.length)
          .thenComparing(Node::path, Arrays::compare);

  /**
   * Grows a tree.
   *
   * @param depth longest path, heads there are
   * @param children most ranks per depth
   * @param nodes most paths; fewer where no more have a value above 0
   * @param value probability that all of a path is accepted; never larger than that of its beginning or of an elder sibling
   */
  public static TreeGrowth grow(int depth, int children, int nodes, ToDoubleFunction<int[]> value) {
    if (depth < 1 || children < 1 || nodes < 1) {
      throw new IllegalArgumentException("a tree needs depth, children and nodes, was %d, %d, %d".formatted(depth, children, nodes));
    }
    var frontier = new PriorityQueue<>(MERIT);
    frontier.add(node(new int[] {0}, value));
    List<Node> members = new ArrayList<>();
    while (members.size() < nodes && !frontier.isEmpty()) {
      Node best = frontier.remove();
      if (!(best.value > 0)) break;
      members.add(best);
      int last = best.path.length - 1;
      if (best.path[last] + 1 < children) {
        int[] sibling = best.path.clone();
        sibling[last]++;
        frontier.add(node(sibling, value));
      }
      if (best.path.length < depth) frontier.add(node(Arrays.copyOf(best.path, last + 2), value));
    }
    return new TreeGrowth(
        members.stream().map(Node::path).toList(), members.stream().mapToDouble(Node::value).toArray());
  }

  /** Grows a tree from each head's hit rates by rank, as if the heads' hits were independent. */
  public static TreeGrowth grow(double[][] rates, int children, int nodes) {
    return grow(
        rates.length,
        children,
        nodes,
        path -> {
          double product = 1;
          for (int depth = 0; depth < path.length; depth++) {
            double[] head = rates[depth];
            product *= path[depth] < head.length ? head[path[depth]] : 0;
          }
          return product;
        });
  }

  private static Node node(int[] path, ToDoubleFunction<int[]> value) {
    return new Node(path, value.applyAsDouble(path));
  }

  /** Tokens a pass is expected to give with the first {@code nodes} paths: the certain one and what is accepted. */
  public double tokensPerPass(int nodes) {
    double sum = 1;
    for (int i = 0; i < Math.min(nodes, values.length); i++) sum += values[i];
    return sum;
  }
}
