/* The whole border between the JVM and the kernels: C types only, one header.
 *
 * Terms. M: rows of a pass (one row = one token of one sequence). A *program* is a list of operations that Java prepared once
 * from a model file; a *pass* walks a range of it over one batch of rows. A *page* holds 16 tokens of one key/value head of one
 * layer. A *tier* is an instruction set; every tier gives the same bits.
 *
 * Threads. A team has `threads` members; the thread that calls hr_pass is member 0 and the others are native and parked between
 * passes. One call at a time per team. No function here throws, logs or changes the floating-point state of the caller.
 *
 * Arithmetic law (what every tier and the Java reference compute, bit for bit)
 *   quantise  per row and per 32 inputs, to L = 127 levels of either sign (HR_BUFFER_Q8) or L = 16256 = 127 * 128 (HR_BUFFER_Q16):
 *             m = max|x|; d = m / L (one division); r = m > 0 ? L / m : 0, clamped to FLT_MAX; a = round_to_even(x * r);
 *             sum = d * float(sum of a). Q16 holds a as two int8 planes: a = 128 * hi + lo, hi = floor((a + 64) / 128) in
 *             [-127, 127], lo in [-64, 63].
 *   product   out = 0; blocks of 32 inputs ascending:  out = fma(float(dot), dw * dx, out), dot an exact int32, whose conversion
 *             rounds to nearest even; formats with a minimum add out = fma(mw, sum_x, out) right after. dw * dx and mw are
 *             rounded once to float32.
 *               Q4_0 dot = sum (q-8)*a    Q5_0 (q-16)    Q8_0 q    dw = d          Q4_1, Q5_1: dot = sum q*a, dw = d, mw = m
 *               Q4_K, Q5_K: dot = sc * sum q*a (int32), dw = d; minimum: out = fma(-(dmin * float(m)), sum_x, out)
 *               Q6_K: dot = sc0 * dot16_0 + sc1 * dot16_1 over (q-32), dw = d
 *             Planes: dot = 128 * dot_hi + dot_lo. The largest dot that occurs fits: Q6_K with L = 16256, 2 * 128 * 16 * 32 * 16256
 *             = 2,130,706,432 < 2^31.
 *             F32, F16, BF16 weights with float32 inputs: four chains, chain c takes inputs k with k mod 4 = c ascending by fma;
 *             out = (c0 + c1) + (c2 + c3).
 *   bias      out + bias, one addition. Accumulating products add to the target: target + out.
 *   rms norm  two accumulators of 16 lanes over 32-float steps (lane j of accumulator a takes x[32 i + 16 a + j], fma, i ascending;
 *             a tail of 16 goes to accumulator 0), added lane by lane, then the fixed tree
 *             t8[j] = v[j] + v[j+8]; t4[j] = t8[j] + t8[j+4]; t2[j] = t4[j] + t4[j+2]; s = t2[0] + t2[1];
 *             inv = 1 / sqrt(s / n + eps); y = (x * inv) * w.
 *   rope      y0 = fma(-x1, sin, x0 * cos); y1 = fma(x0, sin, x1 * cos), tables computed in double and rounded once. Queries are then
 *             multiplied by the attention scale (one multiplication).
 *   exp       n = rint(x * 1.44269504f); r = fma(-n, 0.693359375f, x); r = fma(-n, -2.12194440e-4f, r);
 *             p = 1.9875691500e-4f; p = fma(p, r, c) for c in {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
 *             1.6666665459e-1f, 5.0000001201e-1f}; e = fma(p, r * r, r + 1); result e * 2^n; below -87: 0.
 *   silu      e = exp(-|x|); silu(x) = x * ((x < 0 ? e : 1) / (1 + e)); gate: silu(g) * u.
 *   weight    x = (logit - largest) * inverse, two roundings; where that is not below 0 (a NaN too): 0. w = rint(exp(x) * 2^40), an
 *             integer that float32 holds. Sums of weights are exact integers, so their order is free.
 *   loss      of the same at inverse 1: rint(w * -x) in float32, 0 where w is 0; an integer likewise.
 *   attention scores S[t] = fma chain over d ascending of q[d] * k[t][d]; chunks of 128 tokens anchored at absolute positions 0,
 *             128, ...; in a chunk m = exact maximum, p = exp(S - m), l = 16 lane sums over vectors of 16 tokens ascending
 *             (absent tokens give +0) then the fixed tree above, o[d] = fma chain over t ascending. Chunks are folded left to
 *             right: M' = max(M, m); a = exp(M - M'); b = exp(m - M'); L = fma(L, a, l * b); O = fma(O, a, o * b) (O * a is not
 *             rounded apart); the first chunk is copied. At the end O * (1 / L).
 *             With pages in binary16, keys and values are rounded to it (nearest even) when they are written and widened exactly
 *             when they are read.
 *             With pages in bf16, keys, values, queries and probabilities p are rounded to bfloat16 (nearest even, subnormals to a
 *             zero of their sign), l sums the rounded p, and both chains go by pairs, as VDPBF16PS is documented: S by dimensions
 *             2 i and 2 i + 1, o by tokens 2 i and 2 i + 1 of the chunk:
 *               a = flush(fma(x[2i+1], y[2i+1], a)); a = flush(fma(x[2i], y[2i], a)); flush: a subnormal becomes a zero of its sign.
 *             A token missing in the last pair counts as p = v = +0. Everything else as above. Named lossy: mean KL to binary16 pages
 *             about 1e-4.
 */
#ifndef HEADRACE_KERNELS_H
#define HEADRACE_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HR_EXPORT __attribute__((visibility("default")))
#else
#define HR_EXPORT
#endif

#define HR_ABI_VERSION 7
#define HR_BLOCK_TOKENS 16  /* tokens of a page */
#define HR_CHUNK_TOKENS 128 /* tokens of an attention chunk */
#define HR_SPAN 64         /* logits that share a peak */
#define HR_MAX_TREE 64      /* rows of one sequence in a tree pass */
#define HR_MOST_WEIGHED (1 << 22) /* entries of a row that is weighed: their weights fit an int64 together */

typedef int32_t hr_status;
enum {
  HR_OK = 0,
  HR_NULL_POINTER = 1,
  HR_BAD_SHAPE = 2,
  HR_BAD_FORMAT = 3,
  HR_NO_MEMORY = 4,
  HR_BAD_PROGRAM = 5,
  HR_BAD_BATCH = 6,
  HR_BAD_TIER = 7
};

enum { HR_TIER_SCALAR = 0, HR_TIER_AVX2 = 1, HR_TIER_AVX512_VNNI = 2 };

/* Weight formats carry their GGUF type numbers. */
enum {
  HR_F32 = 0, HR_F16 = 1, HR_Q4_0 = 2, HR_Q4_1 = 3, HR_Q5_0 = 6, HR_Q5_1 = 7, HR_Q8_0 = 8,
  HR_Q4_K = 12, HR_Q5_K = 13, HR_Q6_K = 14, HR_BF16 = 30
};

HR_EXPORT int32_t hr_abi_version(void);

/* The best tier that processor and operating system both support. */
HR_EXPORT int32_t hr_best_tier(void);

/* ---- memory ------------------------------------------------------------------------------------------------------------- */

/* Zeroed memory of at least `bytes`, aligned to 2 MiB and advised for huge pages; committed when touched. Null when there is none.
 * hr_memory_unmap takes the same number of bytes. */
HR_EXPORT void* hr_memory_map(int64_t bytes);
HR_EXPORT void hr_memory_unmap(void* memory, int64_t bytes);

/* ---- team --------------------------------------------------------------------------------------------------------------- */

typedef struct hr_team hr_team;

/* threads 1..64; tier at most hr_best_tier(); spins: pauses before a waiting member sleeps (0: sleep at once). */
HR_EXPORT hr_status hr_team_open(int32_t threads, int32_t tier, int32_t spins, hr_team** team);
/* After every program of the team is closed. Null is nothing. */
HR_EXPORT void hr_team_close(hr_team* team);

/* How many members take part in each pass. 1 .. threads: that many (a new team: all). 0: fewer while another process makes members late,
 * tried wider again now and then. Results do not depend on it. */
HR_EXPORT hr_status hr_team_set_width(hr_team* team, int32_t width);

/* Since the team was opened. */
typedef struct hr_team_counts {
  int32_t threads;
  int32_t width;         /* members of the next pass */
  int64_t passes;        /* walks of hr_pass */
  int64_t narrow_passes; /* of these, with fewer than all members */
  int64_t narrowed;      /* times the width was lowered because members were late */
  int64_t trials;        /* times it was raised again to see whether they still are */
} hr_team_counts;

/* Each number is exact; a pass may end between two of them. From any thread, also while a pass runs. */
HR_EXPORT hr_status hr_team_read_counts(const hr_team* team, hr_team_counts* counts);

/* One read of `bytes` (a multiple of 4096 x threads) of `memory` by all members; the benchmark's bandwidth figure times it. */
HR_EXPORT hr_status hr_team_read(hr_team* team, const void* memory, int64_t bytes);

/* Multiply-adds of int8 in registers, `rounds` x 1024 vector operations on every member: returns operations done (2 per
 * multiply-add); the benchmark's integer peak times it. */
HR_EXPORT int64_t hr_team_integer_peak(hr_team* team, int64_t rounds);

/* ---- matrices ----------------------------------------------------------------------------------------------------------- */

/* Bytes that [rows, columns] takes in the packed layout (tiles of 16 rows; rows are padded to a whole tile with zeros), or a
 * negative status. Columns: a multiple of the format's block. */
HR_EXPORT int64_t hr_matrix_bytes(int32_t format, int64_t rows, int64_t columns);

/* Packs row-major `source` (rows as in the file) into `packed` (64-byte aligned, hr_matrix_bytes long), by all members. */
HR_EXPORT hr_status hr_matrix_pack(hr_team* team, int32_t format, int64_t rows, int64_t columns, const void* source, void* packed);

/* out[columns] = row `row` of a packed matrix, dequantised. */
HR_EXPORT hr_status hr_matrix_row(int32_t format, int64_t rows, int64_t columns, const void* packed, int64_t row, float* out);

typedef struct hr_matrix {
  int32_t format;
  int32_t reserved;
  int64_t rows;    /* outputs */
  int64_t columns; /* inputs */
  const void* packed;
} hr_matrix;

/* ---- programs ----------------------------------------------------------------------------------------------------------- */

/* Buffers are rows x width, owned by the program. HR_BUFFER_F32: row-major float32, readable by Java between passes.
 * HR_BUFFER_Q8, HR_BUFFER_Q16: quantised activations (the law above) to 127 and to 16256 levels, layout private to the kernels;
 * width a multiple of 32. "Quantised" below is either of them. */
enum { HR_BUFFER_F32 = 0, HR_BUFFER_Q8 = 1, HR_BUFFER_Q16 = 2 };
typedef struct hr_buffer {
  int32_t kind;
  int32_t rows; /* capacity: 0 means hr_shape.max_rows */
  int64_t width;
} hr_buffer;

enum {
  HR_EMBED = 1,    /* target[r] = row token[r] of matrix                                       target f32 */
  HR_NORM = 2,     /* target[r] = rms_norm(source[r]) * vector, eps = scalar; quantised if target is; width a multiple of 16 */
  HR_CONVERT = 3,  /* target[r] = source[r], quantised if target is                            source f32 */
  HR_MATMUL = 4,   /* target[r][offset ..] = matrix * source[r] (+ vector as bias); HR_ACCUMULATE adds to the target, f32.
                      source is quantised for quantised formats and f32 for float formats                 */
  HR_GATED = 5,    /* target[r] = silu(matrix * source[r]) * (second * source[r]); quantised if target is */
  HR_ROPE = 6,     /* source f32 rows [heads q | kv_heads k | kv_heads v] x head_dim: per-head rms_norm of q by vector and k by second
                      vector where given (eps = scalar), rope of q and k, q scaled in place, k and v written to the pages of `layer` */
  HR_ATTEND = 7,   /* target[r][heads x head_dim] = attention of the q part of source[r] over the pages of `layer` */
  HR_COPY = 8,     /* target[r] = source[r], f32 to f32: a tap for hidden states                */
  HR_GATHER = 9,   /* target[i] = source[wanted_rows[i]], f32 to f32                            */
  HR_PEAKS = 10,   /* target[r][s] = the largest of source[r][HR_SPAN s ..], HR_SPAN or what is left of them, a zero as +0; a NaN where
                      one of them is no finite number; f32 to f32, width of the target: spans of the source, rounded up */
  HR_SILU = 11,    /* target[r] = silu(source[r]), quantised if target is; source f32, width a multiple of 16 */
  HR_ARGMAX = 12   /* target[r][0] = index of the first of the largest of source[r], -1 where one of them is no finite number; f32 to f32,
                      width of the source up to 2^24, of the target 1 */
};

enum {
  HR_ACCUMULATE = 1,
  HR_WANTED = 2 /* the operation runs over the `wanted` rows gathered before, not over the rows of the batch */
};

typedef struct hr_op {
  int32_t kind;
  int32_t source; /* buffer index, -1 when unused */
  int32_t target;
  int32_t layer;
  int32_t offset; /* MATMUL: first target column */
  int32_t flags;
  float scalar;
  int32_t reserved;
  hr_matrix matrix; /* packed == NULL when unused */
  hr_matrix second;
  const float* vector; /* NULL when unused; copied by hr_program_open */
  const float* second_vector;
} hr_op;

enum { HR_ROPE_INTERLEAVED = 0 /* pairs (2i, 2i+1) */, HR_ROPE_HALVES = 1 /* pairs (i, i + head_dim/2) */ };

typedef struct hr_shape {
  int32_t max_rows; /* rows of a pass */
  int32_t max_wanted;
  int32_t max_sequences;
  int32_t layers;
  int32_t heads; /* a multiple of kv_heads, at most 16 times it */
  int32_t kv_heads;
  int32_t head_dim;   /* a multiple of 16, at most 256 */
  int32_t rope_kind;
  int32_t positions;  /* rows of the rope tables = longest sequence */
  float query_scale;  /* usually 1 / sqrt(head_dim) */
  const float* cos;   /* [positions, head_dim / 2]; copied */
  const float* sin;
  int32_t kv_format;  /* HR_KV_* */
  int32_t reserved;
} hr_shape;

/* Key/value pages: page(layer, block, head) starts at ((block * layers + layer) * kv_heads + head) * page_bytes with
 * page_bytes = 2 * 16 * head_dim * 2. Memory from hr_memory_map (finite everywhere, zero at first): blocks in use lie together, so that
 * few tokens take few huge pages.
 *   HR_KV_F16   K transposed [head_dim][16 tokens], then V [16 tokens][head_dim]
 *   HR_KV_BF16  K [head_dim / 2][16 tokens][2], then V [8][head_dim][2 tokens] */
enum { HR_KV_F16 = 0, HR_KV_BF16 = 1 };

/* Who multiplies bf16 in a tier: the processor; other instructions with the same bits, because it has none for it; or those
 * although it has, because a check of its results against the law failed. */
enum { HR_BF16_EMULATED = 0, HR_BF16_NATIVE = 1, HR_BF16_DIFFERENT = 2 };
HR_EXPORT int32_t hr_bf16_products(int32_t tier);

HR_EXPORT int64_t hr_pages_bytes(int32_t layers, int32_t blocks, int32_t kv_heads, int32_t head_dim);

/* Copies the K and V of whole tokens between slots of one sequence, all layers and heads, in ascending order of `count` pairs: slot s of
 * the table is token s mod 16 of block table[s / 16]. from[i] >= to[i]. Commits the accepted path of a tree pass. */
HR_EXPORT hr_status hr_pages_move(void* pages, int32_t layers, int32_t blocks, int32_t kv_heads, int32_t head_dim, int32_t kv_format,
                                  const int32_t* table, int32_t count, const int32_t* from, const int32_t* to);

typedef struct hr_program hr_program;

/* Checks every operation against the buffers and copies what it is given, except packed matrices and pages, which outlive the program
 * as the team does. On HR_BAD_PROGRAM *bad_op (may be null) is the index of the first bad operation, otherwise -1; HR_BAD_SHAPE speaks of
 * shape, buffers and pages. A quantised source has been filled by an earlier operation over the same rows (both or neither HR_WANTED);
 * buffers hold max_rows, those of HR_WANTED operations and targets of HR_GATHER max_wanted. */
HR_EXPORT hr_status hr_program_open(hr_team* team, const hr_shape* shape, int32_t buffers, const hr_buffer* buffer, int32_t ops,
                                    const hr_op* op, void* pages, int32_t blocks, hr_program** program, int32_t* bad_op);
HR_EXPORT void hr_program_close(hr_program* program);

/* First float of an F32 buffer, or null. */
HR_EXPORT float* hr_program_buffer(hr_program* program, int32_t buffer);

/* One batch. Rows of a sequence lie together, sequences in order, at least one row each. A row's keys and values go to `slot` of its sequence and are
 * rotated for `position`. Row r sees the `committed` slots 0 .. committed-1 of its sequence, itself, and its ancestors by `parent`
 * (an index into the batch of an earlier row of the same sequence, or -1 for none). Plain rows: slot = position, parent = the row
 * before (-1 for the first). Tree rows: slot = committed + index in the sequence, position = committed + depth; at most
 * HR_MAX_TREE. A tree row's result has the same bits as the plain chain of its ancestors. A slot is always committed + index in the
 * sequence, and a block that a sequence writes stands once in its table and in no other table of the batch. */
typedef struct hr_batch {
  int32_t rows;      /* 1 .. max_rows */
  int32_t sequences; /* 1 .. max_sequences */
  int32_t wanted;    /* 0 .. max_wanted */
  int32_t table_stride;
  const int32_t* token;       /* [rows] */
  const int32_t* position;    /* [rows] */
  const int32_t* slot;        /* [rows] */
  const int32_t* parent;      /* [rows] */
  const int32_t* first_row;   /* [sequences + 1], ascending from 0 to rows */
  const int32_t* committed;   /* [sequences] */
  const int32_t* table;       /* [sequences][table_stride] block ids, enough for every slot used */
  const int32_t* wanted_rows; /* [wanted] ascending */
} hr_batch;

/* Walks operations [first_op, end_op). Returns when every member is done. The batch is checked first; nothing is written when it
 * is refused. */
HR_EXPORT hr_status hr_pass(hr_program* program, const hr_batch* batch, int32_t first_op, int32_t end_op);

/* The same in two calls, for a caller with something else to do: hr_pass_begin checks the batch and sets the other members of the team
 * to work, hr_pass_end does the caller's share and returns when every member is done. The others come as far as they get alone, so a
 * late end costs at most what it is late. Until then the batch stays as it is and nothing else is asked of the team; where nothing was
 * begun, or twice, HR_BAD_BATCH. */
HR_EXPORT hr_status hr_pass_begin(hr_program* program, const hr_batch* batch, int32_t first_op, int32_t end_op);
HR_EXPORT hr_status hr_pass_end(hr_program* program);

/* ---- draws -------------------------------------------------------------------------------------------------------------- */

/* Weighs a row of 1 .. HR_MOST_WEIGHED logits by the law above; weights below `least` count as 0. weights[count]; sums[s] = that of
 * weights[HR_SPAN s ..], HR_SPAN or what is left of them. largest is finite, inverse above 0 and finite, least 0 or above. */
HR_EXPORT hr_status hr_weigh(const hr_team* team, const float* values, int64_t count, float largest, float inverse, float least,
                             float* weights, int64_t* sums);

/* The nucleus of a row: the fewest and heaviest entries that weigh `needed` or more together, of equal ones those that come first. An
 * entry belongs to it if its weight is above `least`, or is `least` and its index at most `last`. */
typedef struct hr_nucleus {
  float least;
  int32_t last;
  int64_t mass; /* what it weighs */
} hr_nucleus;

/* weights and sums as hr_weigh left them, needed from 1 to the total of the sums; sums become those of the nucleus. scratch: [count].
 */
HR_EXPORT hr_status hr_cut_nucleus(const hr_team* team, const float* weights, int64_t count, int64_t needed, int64_t* sums,
                                   int32_t* scratch, hr_nucleus* nucleus);

/* What the entropy of a row of 1 .. HR_MOST_WEIGHED logits is made of: sums[0] = its weights at inverse 1, sums[1] = its losses by
 * the law above, both exact. In nats it is ln(sums[0] / 2^40) + sums[1] / sums[0]. largest is finite.
 * These three functions work on the calling thread alone. */
HR_EXPORT hr_status hr_entropy(const hr_team* team, const float* values, int64_t count, float largest, int64_t* sums);

/* One choice of a token. The row's logits l are adjusted first, all of them rounded to float32 after every step:
 *   bias         of every entry in turn: l = l + bias; a token that must not be chosen has -infinity
 *   repetition   of every seen token, where it is not 1: l = l > 0 ? min(l / repetition, FLT_MAX) : l * repetition
 *   occurrences  of every token with n > 0 of them, unless both are 0: l = l - (frequency * n + presence)
 * Entries of tokens outside the row are skipped. inverse 0 then takes the largest logit, of equal ones the lowest token. Otherwise the
 * top_k largest are kept (of equal ones the lower tokens; 0: all), weighed by the law above, those below `least` dropped, the nucleus of
 * ceil(top_p * total) kept where top_p is below 1, and the token is taken at which the running sum of their weights, tokens ascending,
 * exceeds u * total. */
typedef struct hr_choice {
  float* logits;             /* finite; adjusted meanwhile and put back, so no two choices of a call have the same */
  const float* peaks;        /* of the row as it is, see HR_PEAKS */
  const int32_t* bias_token; /* [biases]; a token may stand in it twice */
  const float* bias;         /* [biases]: finite or -infinity */
  const int32_t* seen_token; /* [seens], each token once */
  const int32_t* seen;       /* [seens]: 2 * occurrences in the output, + 1 if it is in the prompt; 0: not seen */
  double u;                  /* in [0, 1) */
  int32_t biases;
  int32_t seens;             /* with biases at most 3 * count */
  float repetition;          /* above 0; 1: none */
  float frequency;
  float presence;
  float inverse;             /* 1 / temperature; 0: greedy, and what follows is not looked at */
  float least;               /* 1 to 2^40 */
  float top_p;               /* above 0, up to 1 */
  int32_t top_k;             /* 0 or above */
  int32_t token;             /* out: what was chosen, or one of those below */
} hr_choice;
enum {
  HR_NO_NUMBERS = -1, /* the row holds a NaN or an infinity */
  HR_NO_TOKEN = -2    /* no token may be chosen */
};

/* Bytes of scratch memory for hr_choose with rows of `count` logits; negative hr_status on error. */
HR_EXPORT int64_t hr_choose_bytes(const hr_team* team, int64_t count);

/* Makes choices out of rows of 1 .. HR_MOST_WEIGHED logits, dealt to the team where they are work enough. None is made when one is
 * refused. What is chosen out of a row depends on nothing but its hr_choice. scratch: hr_choose_bytes, aligned to 64. */
HR_EXPORT hr_status hr_choose(hr_team* team, int64_t count, int32_t choices, hr_choice* choice, void* scratch);

#ifdef __cplusplus
}
#endif
#endif
