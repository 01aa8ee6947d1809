/** What a rule about workloads reads, as `group/Kind`. */
export const workloadKinds: readonly string[] = [
  '/Pod',
  '/ReplicationController',
  'apps/DaemonSet',
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'batch/CronJob',
  'batch/Job',
  'kubevirt.io/VirtualMachine',
];
