{
  # The second build, for machines without CMake. Sources and defines come from
  # native/sources.json, which CMakeLists.txt reads as well.
  "target_defaults": {
    "configurations": { "Release": { "defines": ["NDEBUG"] } },
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
          "ldflags": [
            "-Wl,--version-script=<(module_root_dir)/native/mock/exports.map",
            "-Wl,-Bsymbolic",
            "-Wl,-z,nodelete"
          ]
        }]
      ],
      "sources": ["<!@(node -p \"require('./native/sources.json').mock.join(' ')\")"]
    }
  ],
  # The stand-in under NVIDIA's names; see CMakeLists.txt.
  "includes": ["native/mock/exports/stand_ins.gypi"],
  "conditions": [
    ["OS=='linux'", {
      "targets": [
        {
          # A driver that cannot be initialised, for tests of NVIDIA's own runtime.
          "target_name": "failing_driver",
          "type": "shared_library",
          "product_prefix": "lib",
          "product_name": "failing_driver",
          "product_dir": "<(PRODUCT_DIR)/failing-driver",
          "sources": ["native/mock/exports/failing_driver.cc"],
          "ldflags": [
            "-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcuda.so.1.map"
          ],
          # Behind the name that gyp gives it.
          "libraries": ["-Wl,-soname,libcuda.so.1"]
        },
        {
          # gyp has one file of a name; the driver needs that of the stand-in's.
          "target_name": "failing_driver_name",
          "type": "none",
          "dependencies": ["failing_driver"],
          "actions": [{
            "action_name": "copy",
            "inputs": ["<(PRODUCT_DIR)/failing-driver/libfailing_driver.so"],
            "outputs": ["<(PRODUCT_DIR)/failing-driver/libcuda.so.1"],
            "action": ["node", "-e", "require('fs').copyFileSync(...process.argv.slice(1))", "<@(_inputs)", "<@(_outputs)"]
          }]
        }
      ]
    }]
  ]
}
