/**
 * Model files on disk: what they say about themselves and where each weight lies. GGUF and
 * safetensors are read into one vocabulary, that of GGUF: metadata keys and tensor names are the
 * same whatever the file kind.
 *
 * <p>May import {@code tensor}. Knows formats of files, and the names that architectures give to
 * their tensors when a file uses other ones than GGUF; knows nothing of how a model computes, of
 * text or of requests.
 *
 * <p>Thread: files are opened and closed at start-up by one thread; an open file is immutable and
 * may be read by any thread. Reading a tensor's memory after its file was closed throws {@link
 * IllegalStateException}.
 *
 * <p>Invariant: what a file claims about itself (length, count, offset, type, alignment) was
 * checked against the file's real size before it was used, so a {@code TensorInfo} always describes
 * bytes that exist. Anything else is a {@code WeightFileException} with file, offset and reason.
 */
@NullMarked
package io.headrace.weights;

import org.jspecify.annotations.NullMarked;
