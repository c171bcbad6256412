import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../schema/schema.graphql',
  documents: 'documents.graphql',
  generates: {
    'generated.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        // The text is all that fetch needs: no GraphQL parser goes into the page.
        documentMode: 'string',
        // Node takes types away and makes no code of them, which an enum would need.
        enumType: 'string-literal',
        useTypeImports: true,
        strictScalars: true,
        scalars: {
          ID: 'string',
          Date: 'string',
          DateTime: 'string',
          GeoJSON: 'GeoJSON.FeatureCollection',
          JSON: 'unknown',
          Position: 'number',
          UUID: 'string',
        },
      },
    },
  },
};
export default config;
