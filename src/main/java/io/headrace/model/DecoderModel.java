package io.headrace.model;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.KvPages;
import io.headrace.tensor.MatrixArena;
import io.headrace.tensor.Op;
import io.headrace.tensor.PassBatch;
import io.headrace.tensor.Program;
import io.headrace.tensor.Weigher;
import io.headrace.weights.TensorDirectory;
import io.headrace.weights.WeightFile;
import java.util.Objects;

/**
 * A loaded decoder. Beyond {@link Model}: passes over a range of layers, hidden states, and logits for chosen tokens only.
 *
 * <p>Thread: as {@link Model}. Close it before its kernels.
 */
public final class DecoderModel implements Model {
  private final ModelCard card;
  private final Hyperparameters sizes;
  private final LoadOptions options;
  private final Kernels kernels;
  private final MatrixArena matrices;
  private final KvPages pages;
  private final ProgramAssembly assembly;
  private final Program program;
  private final BufferRows logits;
  private final float[] outputNorm;
  private final long outputChecksum;

  DecoderModel(
      ModelCard card,
      Hyperparameters sizes,
      LoadOptions options,
      Kernels kernels,
      MatrixArena matrices,
      KvPages pages,
      ProgramAssembly assembly,
      Program program,
      float[] outputNorm,
      long outputChecksum) {
    this.card = card;
    this.sizes = sizes;
    this.options = options;
    this.kernels = kernels;
    this.matrices = matrices;
    this.pages = pages;
    this.assembly = assembly;
    this.program = program;
    this.outputNorm = outputNorm;
    this.outputChecksum = outputChecksum;
    this.logits =
        new BufferRows(
            program.buffer(assembly.bufferNamed("logits")),
            program.buffer(assembly.bufferNamed("peaks")),
            program.buffer(assembly.bufferNamed("largest")),
            sizes.vocabulary(),
            options.tapFinalNorm() ? program.buffer(assembly.bufferNamed("final F32")) : null);
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public ModelCapabilities capabilities() {
    return new ModelCapabilities(true, Kernels.MAX_TREE_ROWS, true, true, true);
  }

  @Override
  public int blocks() {
    return pages.shape().blocks();
  }

  @Override
  public ForwardBatch newBatch() {
    int positions = program.spec().rope().positions();
    // Tree rows lie up to a tree past the longest position.
    int stride = (positions + Kernels.MAX_TREE_ROWS + BLOCK_TOKENS - 1) / BLOCK_TOKENS;
    PassBatch pass =
        new PassBatch(options.maxRows(), options.maxSequences(), options.maxWanted(), stride);
    return new PackedBatch(pass, sizes.vocabulary(), positions);
  }

  @Override
  public Weigher weigher() {
    return kernels;
  }

  private static PassBatch packed(ForwardBatch batch) {
    if (!(batch instanceof PackedBatch packed)) {
      throw new IllegalArgumentException("the batch is not of this model: take one from newBatch()");
    }
    if (packed.rows() == 0) throw new IllegalArgumentException("the batch has no rows");
    return packed.pass();
  }

  @Override
  public LogitRows forward(ForwardBatch batch, Runnable meanwhile) {
    PassBatch pass = packed(batch);
    int end = pass.wanted() == 0 ? assembly.layerStart(sizes.layers()) : assembly.ops().size();
    program.run(pass, 0, end, meanwhile);
    return logits.withRows(pass.wanted());
  }

  /**
   * Runs layers {@code [firstLayer, endLayer)} only; from layer 0 rows start at the embedding, else where the range before left them,
   * so a pass may be run in parts over one unchanged batch. {@link #logits} ends it.
   *
   * @param endLayer at most the model's layers
   */
  public void forward(ForwardBatch batch, int firstLayer, int endLayer) {
    Objects.checkFromToIndex(firstLayer, endLayer, sizes.layers());
    int first = firstLayer == 0 ? 0 : assembly.layerStart(firstLayer);
    program.run(packed(batch), first, assembly.layerStart(endLayer));
  }

  /** The output head over the wanted rows as the last range of layers left them. */
  public LogitRows logits(ForwardBatch batch) {
    PassBatch pass = packed(batch);
    if (pass.wanted() > 0) {
      program.run(pass, assembly.layerStart(sizes.layers()), assembly.ops().size());
    }
    return logits.withRows(pass.wanted());
  }

  /**
   * The residual stream of every row of {@code batch} after so many layers, 0 being the embedding.
   *
   * @param batch the batch of the last pass
   * @throws IllegalArgumentException unless the model was loaded with that tap
   */
  public HiddenRows hidden(ForwardBatch batch, int afterLayers) {
    Integer tap = assembly.tap(afterLayers);
    if (tap == null) {
      throw new IllegalArgumentException("the model was loaded without a tap after layer " + afterLayers);
    }
    return new HiddenRows(program.buffer(tap), batch.rows(), sizes.hidden());
  }

  /**
   * The wanted rows of {@code batch} after the final norm.
   *
   * @throws IllegalArgumentException unless the model was loaded with that tap
   */
  public HiddenRows finalHidden(ForwardBatch batch) {
    if (!options.tapFinalNorm()) {
      throw new IllegalArgumentException("the model was loaded without a tap after the final norm");
    }
    return new HiddenRows(
        program.buffer(assembly.bufferNamed("final F32")), batch.wanted(), sizes.hidden());
  }

  /**
   * A head that computes the logits of some tokens only, with the same bits as the whole.
   *
   * @param file the file this model was loaded from, open
   * @param tokens ids, in the order of the slice's columns
   */
  public OutputSlice outputSlice(WeightFile file, int[] tokens) {
    return OutputSlice.of(file, kernels, options, sizes, outputNorm, tokens);
  }

  /**
   * Heads that guess what follows, from their own tensors and this model's embedding and output matrix. From any thread, also while the
   * model computes.
   *
   * @param file the file this model was loaded from, open (again)
   * @param tensors as {@link GuessHeads} names them; may be closed afterwards
   * @param slice ids of the tokens that can be guessed, in the order of their columns
   * @param rows most rows of a guess
   * @param rounding of their matrices, where this model's own are not widened
   * @throws IllegalArgumentException for tensors or tokens that do not fit this model, or a file with another output matrix
   */
  public GuessHeads guessHeads(WeightFile file, TensorDirectory tensors, int[] slice, int rows, DraftRounding rounding) {
    if (PackedWeights.checksum(OutputSlice.output(file, sizes)) != outputChecksum) {
      throw new IllegalArgumentException("%s is not what the model was loaded from any more".formatted(file.path()));
    }
    return GuessHeads.of(headsBase(file), tensors, slice, rows, rounding);
  }

  /** Refuses heads that {@link #guessHeads} would refuse, without reading their weights; how many have some. From any thread. */
  public int checkHeads(WeightFile file, TensorDirectory tensors, int[] slice) {
    return GuessHeads.check(headsBase(file), tensors, slice);
  }

  private GuessHeads.Base headsBase(WeightFile file) {
    Op.Embed embed = (Op.Embed) assembly.ops().getFirst();
    return new GuessHeads.Base(file, kernels, options, sizes, embed.matrix());
  }

  /**
   * A head that judges guesses of this model's {@link #guessHeads}.
   *
   * @param tensors as {@link AcceptanceHead} names them; may be closed afterwards
   * @param features of a guess that it was trained with
   * @throws IllegalArgumentException for tensors that do not fit
   */
  public AcceptanceHead acceptanceHead(TensorDirectory tensors, int features) {
    Op.Embed embed = (Op.Embed) assembly.ops().getFirst();
    return AcceptanceHead.of(kernels, embed.matrix(), sizes.hidden(), tensors, features);
  }

  /**
   * Logits of the slice's tokens for the wanted rows of the last pass over {@code batch}.
   *
   * @param slice of this model
   */
  public LogitRows logits(OutputSlice slice, ForwardBatch batch) {
    PassBatch pass = packed(batch);
    program.run(pass, assembly.layerStart(sizes.layers()), assembly.layerStart(sizes.layers()) + 1);
    return slice.run(program.buffer(assembly.bufferNamed("gathered")), pass.wanted());
  }

  @Override
  public void moveTokens(int[] table, int blocks, int[] from, int[] to, int count) {
    pages.move(table, blocks, from, to, count);
  }

  @Override
  public void close() {
    program.close();
    pages.close();
    matrices.close();
  }
}
