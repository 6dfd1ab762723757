# Products, formats and quantising: HEADRACE_MATMUL_SOURCES, absolute paths, and the instruction sets of the tier files.
# Included by kernels/CMakeLists.txt in the directory that makes the target (source properties belong to a directory).
# kernels/ and kernels/include must be include directories.
set(HEADRACE_MATMUL_DIR ${CMAKE_CURRENT_LIST_DIR})
set(HEADRACE_QUANTISE_DIR ${CMAKE_CURRENT_LIST_DIR}/../quantise)

set(HEADRACE_MATMUL_SOURCES
  ${HEADRACE_MATMUL_DIR}/dispatch.cpp
  ${HEADRACE_MATMUL_DIR}/pack.cpp
  ${HEADRACE_MATMUL_DIR}/reference.cpp
  ${HEADRACE_QUANTISE_DIR}/dispatch.cpp
  ${HEADRACE_QUANTISE_DIR}/reference.cpp)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(HEADRACE_MATMUL_AVX2
    ${HEADRACE_MATMUL_DIR}/avx2.cpp
    ${HEADRACE_MATMUL_DIR}/avx2_float.cpp
    ${HEADRACE_QUANTISE_DIR}/avx2.cpp)
  set(HEADRACE_MATMUL_AVX512_VNNI
    ${HEADRACE_MATMUL_DIR}/avx512_float.cpp
    ${HEADRACE_MATMUL_DIR}/avx512_pair.cpp
    ${HEADRACE_MATMUL_DIR}/avx512_planes.cpp
    ${HEADRACE_MATMUL_DIR}/avx512_vnni.cpp
    ${HEADRACE_MATMUL_DIR}/avx512_wide.cpp
    ${HEADRACE_QUANTISE_DIR}/avx512_vnni.cpp)
  set_source_files_properties(${HEADRACE_MATMUL_AVX2} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c")
  set_source_files_properties(${HEADRACE_MATMUL_AVX512_VNNI} PROPERTIES
    COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512vl;-mavx512dq;-mavx512vnni;-mfma;-mf16c")
  list(APPEND HEADRACE_MATMUL_SOURCES ${HEADRACE_MATMUL_AVX2} ${HEADRACE_MATMUL_AVX512_VNNI})
endif()
