{
  # The same addon as CMakeLists.txt builds, for prebuildify and node-gyp.
  'targets': [
    {
      'target_name': 'tracevar',
      'sources': [
        "<!@(node -p \"require('fs').readFileSync('native/sources.txt','utf8').trim().split(/\\s+/).join(' ')\")"
      ],
      'defines': [
        'NDEBUG',
        'NAPI_VERSION=8',
        'NAPI_DISABLE_CPP_EXCEPTIONS',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        '_GLIBCXX_EXTERN_TEMPLATE=0'
      ],
      # node's common.gypi brings its own standard, visibility and optimisation.
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-strict-aliasing'],
      'cflags_cc': [
        '-std=c++20',
        # System headers: our warnings are not for them.
        '-isystem', "<!(node -p \"require('path').dirname(require.resolve('node-addon-api/napi.h'))\")",
        '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics', '-fvisibility=hidden',
        '-ffunction-sections', '-fdata-sections',
        # Two builds in two folders give the same bytes.
        '-ffile-prefix-map=<(module_root_dir)=.',
        '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror'
      ],
      'ldflags': [
        '-Wl,--as-needed', '-Wl,-z,relro,-z,now,-z,nodelete', '-Wl,-Bsymbolic', '-Wl,--gc-sections', '-Wl,--build-id=none',
        '-Wl,--version-script=<(module_root_dir)/native/exports.map'
      ],
      'conditions': [
        # On arm64 the stack protector needs the dynamic loader by name, and gcc's helpers for atomics need a symbol
        # of glibc's own: musl has neither.
        ["target_arch=='arm64'", { 'cflags_cc': ['-mno-outline-atomics'] }, { 'cflags_cc': ['-fstack-protector-strong'] }]
      ]
    }
  ]
}
