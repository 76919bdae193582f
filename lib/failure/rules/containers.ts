/** Container runtimes and the Kubernetes device plugin. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const containers: readonly Rule[] = [
  {
    id: 'container.runtime',
    origin:
      'NVIDIA/libnvidia-container src/cli, NVIDIA/nvidia-container-toolkit, moby/moby daemon/devices_linux.go',
    pattern:
      /nvidia-container-cli: (?<why>[^\n]{0,160})|could not select device driver (?:"[^"\n]{0,20}" )?with capabilities: \[\[gpu|unknown or invalid runtime name: nvidia|Unknown runtime specified nvidia|unresolvable CDI devices[^\n]{0,40}nvidia|nvidia-container-runtime[^\n]{0,40}(?:not found|no such file)/,
    weight: Weight.conclusive + 1,
    category: 'no-device',
    restart: 'environment',
    resolve: (match) => {
      const why = match.groups?.['why'] ?? '';
      if (/version mismatch|unsatisfied condition|requirement error/.test(why)) {
        return { category: 'driver-mismatch' };
      }
      if (/permission denied|not permitted|load library failed/.test(why))
        return { category: 'library' };
      return {};
    },
    example: 'nvidia-container-cli: initialization error: nvml error: driver not loaded',
  },
  {
    id: 'kubernetes.device-plugin',
    origin:
      'NVIDIA/k8s-device-plugin internal/rm; kubernetes/kubernetes pkg/kubelet/cm/devicemanager',
    pattern:
      /Incompatible strategy detected|(?<sick>no healthy devices present; cannot allocate unhealthy devices [^\n]{0,20}gpu)|no runtime for "nvidia" is configured|device plugin[^\n]{0,60}(?:nvidia|gpu)[^\n]{0,60}(?:fail|unhealthy)|failed to generate spec[^\n]{0,40}nvidia|CDI device injection failed[^\n]{0,60}nvidia/,
    weight: Weight.certain,
    category: 'no-device',
    restart: 'environment',
    resolve: (match) =>
      match.groups?.['sick'] === undefined ? {} : { category: 'library', restart: 'node' },
    example:
      'Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, which is unexpected',
    nearMiss: '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
  },
];
