{{- define "delta-streams.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "delta-streams.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "delta-streams.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "delta-streams.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "delta-streams.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "delta-streams.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Of [root, component]: what tells its pods from others; never changes in a release. */}}
{{- define "delta-streams.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "delta-streams.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "delta-streams.labels" -}}
{{- $root := index . 0 -}}
{{ include "delta-streams.selector" . }}
app.kubernetes.io/version: {{ $root.Values.image.tag | default $root.Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/part-of: delta-streams
{{- end -}}

{{/* Of [root, component, pipeline]: a pod's metadata. The checksum restarts it when its pipeline changes, as that is read at the start. */}}
{{- define "delta-streams.podMetadata" -}}
{{- $root := index . 0 -}}
labels:
  {{- include "delta-streams.labels" . | nindent 2 }}
  {{- with $root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/pipeline: {{ index . 2 | sha256sum }}
  {{- with $root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Of [root, values of the component]: what every pod says before its containers. */}}
{{- define "delta-streams.podSpec" -}}
{{- $root := index . 0 -}}
{{- $own := index . 1 -}}
serviceAccountName: {{ include "delta-streams.serviceAccountName" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  # Volumes belong to this group, so that the service may write to /data.
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
terminationGracePeriodSeconds: {{ $own.terminationGracePeriodSeconds }}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Of [root, component, values of the component]: the container but for its probes. */}}
{{- define "delta-streams.container" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $own := index . 2 -}}
name: delta-streams
image: "{{ $root.Values.image.repository }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}"
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  - name: DELTA_STREAMS_FILE
    value: /etc/delta-streams/delta-streams.yaml
  {{- if ne $component "serve" }}
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ $root.Values.database.existingSecret }}
        key: {{ $root.Values.database.key }}
  {{- end }}
  - name: KAFKA_BOOTSTRAP_SERVERS
    value: {{ $root.Values.kafka.bootstrapServers | quote }}
  {{- range $name, $value := merge (dict) $root.Values.env $root.Values.kafka.env }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- range $name, $from := merge (dict) $root.Values.secretEnv $root.Values.kafka.secretEnv }}
  - name: {{ $name }}
    valueFrom:
      secretKeyRef:
        name: {{ $from.secret }}
        key: {{ $from.key }}
  {{- end }}
resources:
  {{- toYaml $own.resources | nindent 2 }}
volumeMounts:
  - name: pipeline
    mountPath: /etc/delta-streams
    readOnly: true
  - name: data
    mountPath: /data
  - name: tmp
    mountPath: /tmp
  {{- range $index, $mount := $root.Values.secretMounts }}
  - name: secret-{{ $index }}
    mountPath: {{ $mount.mountPath }}
    readOnly: true
  {{- end }}
{{- end -}}

{{/* Of [root, component, values of the component]: all volumes but data. */}}
{{- define "delta-streams.volumes" -}}
{{- $root := index . 0 -}}
{{- $own := index . 2 -}}
- name: pipeline
  configMap:
    name: {{ include "delta-streams.fullname" $root }}-{{ index . 1 }}
# The root file system is read only; the libraries' native code, and transactions too large for memory, go here.
- name: tmp
  emptyDir:
    sizeLimit: {{ $own.tmpSizeLimit }}
{{- range $index, $mount := $root.Values.secretMounts }}
- name: secret-{{ $index }}
  secret:
    secretName: {{ $mount.secret }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{/* Of the component's values. */}}
{{- define "delta-streams.probes" -}}
# Until it has answered once, which is after the recovery of its log, neither of the others is asked.
startupProbe:
  httpGet:
    path: /q/health/live
    port: http
  {{- toYaml .startupProbe | nindent 2 }}
# Fails when the log's disk has failed, which only a restart mends; a database or a broker that is away never ends the pod.
livenessProbe:
  httpGet:
    path: /q/health/live
    port: http
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
# Fails while the source does not capture.
readinessProbe:
  httpGet:
    path: /q/health/ready
    port: http
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}

{{/* Of [root, component, pipeline]. */}}
{{- define "delta-streams.pipeline" -}}
{{- $root := index . 0 -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "delta-streams.fullname" $root }}-{{ index . 1 }}
  labels:
    {{- include "delta-streams.labels" . | nindent 4 }}
data:
  delta-streams.yaml: |
    {{- index . 2 | trim | nindent 4 }}
{{- end -}}

{{/* Of [root, component, whether it asks the database]. */}}
{{- define "delta-streams.networkPolicy" -}}
{{- $root := index . 0 -}}
{{- $policy := $root.Values.networkPolicy -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "delta-streams.fullname" $root }}-{{ index . 1 }}
  labels:
    {{- include "delta-streams.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "delta-streams.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - port: http
          protocol: TCP
      {{- with $policy.ingressFrom }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  egress:
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
      {{- with $policy.dns.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- if index . 2 }}
    - ports:
        {{- range $policy.postgresql.ports }}
        - port: {{ . }}
          protocol: TCP
        {{- end }}
      {{- with $policy.postgresql.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
    - ports:
        {{- range $policy.kafka.ports }}
        - port: {{ . }}
          protocol: TCP
        {{- end }}
      {{- with $policy.kafka.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- with $policy.extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
