{
  # The second build, for machines without CMake. Sources and defines come from
  # native/sources.json, which CMakeLists.txt reads as well.
  "target_defaults": {
    "include_dirs": ["<!@(node -p \"require('./native/sources.json').include_dirs.join(' ')\")"],
    "cflags": ["-Wall", "-Wextra", "-Wshadow"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++17", "-fvisibility=hidden", "-fvisibility-inlines-hidden"],
    "conditions": [
      ["OS=='linux'", { "libraries": ["-ldl", "-lpthread"] }],
      ["OS=='mac'", {
        "xcode_settings": {
          "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
          "GCC_ENABLE_CPP_RTTI": "YES",
          "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
          "CLANG_CXX_LANGUAGE_STANDARD": "c++17"
        }
      }],
      ["OS=='win'", {
        "msvs_settings": {
          "VCCLCompilerTool": { "ExceptionHandling": 1, "AdditionalOptions": ["/std:c++17"] }
        }
      }]
    ]
  },
  "targets": [
    {
      "target_name": "gpu_exceptions",
      "sources": ["<!@(node -p \"require('./native/sources.json').addon.join(' ')\")"],
      "defines": ["<!@(node -p \"require('./native/sources.json').defines.join(' ')\")"],
      # As system headers: warnings of napi.h are not ours.
      "cflags_cc": [
        "<!(node -p \"'-isystem' + require('node-api-headers').include_dir\")",
        "<!(node -p \"'-isystem' + require('path').dirname(require.resolve('node-addon-api/package.json'))\")"
      ],
      "conditions": [
        ["OS=='linux'", {
          "ldflags": ["-Wl,--version-script=<(module_root_dir)/native/exports.map"]
        }],
        ["OS!='linux'", {
          "include_dirs": [
            "<!(node -p \"require('node-api-headers').include_dir\")",
            "<!(node -p \"require('path').dirname(require.resolve('node-addon-api/package.json'))\")"
          ]
        }]
      ]
    },
    {
      # The stand-in for NVIDIA's libraries. Nothing links it; it is opened by name, on request.
      "target_name": "gpu_exceptions_mock",
      "type": "shared_library",
      "product_prefix": "lib",
      "product_dir": "<(PRODUCT_DIR)",
      "conditions": [
        ["OS=='linux'", {
          "ldflags": ["-Wl,--version-script=<(module_root_dir)/native/mock/exports.map"]
        }]
      ],
      "sources": ["<!@(node -p \"require('./native/sources.json').mock.join(' ')\")"]
    }
  ]
}
