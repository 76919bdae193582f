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
  # The stand-in under NVIDIA's names; see CMakeLists.txt. Both lists are that of native/sources.json.
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
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcuda.so.1.map"]
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
        },
        {
          "target_name": "stand_in_cudart_so_13",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "cudart",
          "product_extension": "so.13",
          "sources": ["native/mock/exports/libcudart13.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudart.so.13.map"]
        },
        {
          "target_name": "stand_in_cudart_so_12",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "cudart",
          "product_extension": "so.12",
          "sources": ["native/mock/exports/libcudart12.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudart.so.12.map"]
        },
        {
          "target_name": "stand_in_cuda_so_1",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "cuda",
          "product_extension": "so.1",
          "sources": ["native/mock/exports/libcuda.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcuda.so.1.map"]
        },
        {
          "target_name": "stand_in_nvidia_ml_so_1",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "nvidia-ml",
          "product_extension": "so.1",
          "sources": ["native/mock/exports/libnvidia-ml.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libnvidia-ml.so.1.map"]
        },
        {
          "target_name": "stand_in_cudnn_so_9",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "cudnn",
          "product_extension": "so.9",
          "sources": ["native/mock/exports/libcudnn9.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudnn.so.9.map"]
        },
        {
          "target_name": "stand_in_cudnn_so_8",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "cudnn",
          "product_extension": "so.8",
          "sources": ["native/mock/exports/libcudnn8.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudnn.so.8.map"]
        },
        {
          "target_name": "stand_in_cublas_so_13",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "cublas",
          "product_extension": "so.13",
          "sources": ["native/mock/exports/libcublas.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcublas.so.13.map"]
        },
        {
          "target_name": "stand_in_cublas_so_12",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "cublas",
          "product_extension": "so.12",
          "sources": ["native/mock/exports/libcublas.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcublas.so.12.map"]
        },
        {
          "target_name": "stand_in_nvrtc_so_13",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "nvrtc",
          "product_extension": "so.13",
          "sources": ["native/mock/exports/libnvrtc.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libnvrtc.so.13.map"]
        },
        {
          "target_name": "stand_in_nvrtc_so_12",
          "includes": ["native/mock/exports/stand_in.gypi"],
          "product_name": "nvrtc",
          "product_extension": "so.12",
          "sources": ["native/mock/exports/libnvrtc.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libnvrtc.so.12.map"]
        }
      ]
    }]
  ]
}
