// Amazon S3: objects, buckets, bucket policies.
import { rule, type SchemaPack } from './pack-rule.js'

export const awsS3Enforce: SchemaPack = {
  id: 'aws-s3/enforce',
  description: 'Object deletion, bucket deletion, policy changes',
  rules: [
    rule('BLOCK', 's3_delete_object', 'HIGH', 'only objects below tmp/ may be deleted', {
      when: [['key', 'not_match', '^tmp/']],
    }),
    rule('BLOCK', 's3_delete_bucket', 'CRITICAL', 'buckets are not deleted by agents'),
    rule('STEP_UP', 's3_put_bucket_policy', 'HIGH', 'a bucket policy can open data to the world', {
      reversible: true,
    }),
  ],
}
