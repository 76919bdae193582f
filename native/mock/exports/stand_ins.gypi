# Made by scripts/generate-stand-ins.cjs from native/sources.json.
{
  "conditions": [
    ["OS=='linux'", {
      "targets": [
        {
          "target_name": "stand_in_cudart_so_13",
          "includes": ["stand_in.gypi"],
          "product_name": "cudart",
          "product_extension": "so.13",
          "sources": ["libcudart13.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudart.so.13.map"]
        },
        {
          "target_name": "stand_in_cudart_so_12",
          "includes": ["stand_in.gypi"],
          "product_name": "cudart",
          "product_extension": "so.12",
          "sources": ["libcudart12.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudart.so.12.map"]
        },
        {
          "target_name": "stand_in_cuda_so_1",
          "includes": ["stand_in.gypi"],
          "product_name": "cuda",
          "product_extension": "so.1",
          "sources": ["libcuda.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcuda.so.1.map"]
        },
        {
          "target_name": "stand_in_nvidia_ml_so_1",
          "includes": ["stand_in.gypi"],
          "product_name": "nvidia-ml",
          "product_extension": "so.1",
          "sources": ["libnvidia-ml.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libnvidia-ml.so.1.map"]
        },
        {
          "target_name": "stand_in_cudnn_so_9",
          "includes": ["stand_in.gypi"],
          "product_name": "cudnn",
          "product_extension": "so.9",
          "sources": ["libcudnn9.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudnn.so.9.map"]
        },
        {
          "target_name": "stand_in_cudnn_so_8",
          "includes": ["stand_in.gypi"],
          "product_name": "cudnn",
          "product_extension": "so.8",
          "sources": ["libcudnn8.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcudnn.so.8.map"]
        },
        {
          "target_name": "stand_in_cublas_so_13",
          "includes": ["stand_in.gypi"],
          "product_name": "cublas",
          "product_extension": "so.13",
          "sources": ["libcublas.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcublas.so.13.map"]
        },
        {
          "target_name": "stand_in_cublas_so_12",
          "includes": ["stand_in.gypi"],
          "product_name": "cublas",
          "product_extension": "so.12",
          "sources": ["libcublas.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libcublas.so.12.map"]
        },
        {
          "target_name": "stand_in_nvrtc_so_13",
          "includes": ["stand_in.gypi"],
          "product_name": "nvrtc",
          "product_extension": "so.13",
          "sources": ["libnvrtc.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libnvrtc.so.13.map"]
        },
        {
          "target_name": "stand_in_nvrtc_so_12",
          "includes": ["stand_in.gypi"],
          "product_name": "nvrtc",
          "product_extension": "so.12",
          "sources": ["libnvrtc.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/libnvrtc.so.12.map"]
        }
      ]
    }]
  ]
}
