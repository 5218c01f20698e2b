import { awsLambdaRequestHandler, awsLambdaStreamingRequestHandler } from '@trpc/server/adapters/aws-lambda'
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, test } from 'vitest'

import { testBearersOver, testStreamedBatchesOver } from '../support/adapter-scenario.ts'
import { createAdapterApi, type ServeAdapter } from '../support/endpoint.ts'
import { CONTEXT, eventV1, eventV2, lambdaEndpoint, lambdaStreamEndpoint } from '../support/lambda.ts'
import { mint } from '../support/mint.ts'

const serveV1: ServeAdapter = ({ trpc }) => lambdaEndpoint(eventV1, awsLambdaRequestHandler(trpc))
const serveV2: ServeAdapter = ({ trpc }) => lambdaEndpoint(eventV2, awsLambdaRequestHandler(trpc))
const streamV1: ServeAdapter = ({ trpc }) => lambdaStreamEndpoint(eventV1, awsLambdaStreamingRequestHandler(trpc))
const streamV2: ServeAdapter = ({ trpc }) => lambdaStreamEndpoint(eventV2, awsLambdaStreamingRequestHandler(trpc))

const PRIVATE = 'https://api.example/trpc/private'
const [ANN, BOB] = [`Bearer ${mint()}`, `Bearer ${mint({ sub: 'bob' })}`]
const ACCEPTED = { statusCode: 200, body: '{"result":{"data":"Your token worked, ann."}}' }
const MALFORMED = {
  statusCode: 401,
  headers: { 'www-authenticate': 'Bearer realm="trpc", error="invalid_token"' },
  body: expect.stringContaining('"message":"Invalid token"'),
}

/** Hands events to a handler as they are. */
function createInvoker() {
  const { reasons, trpc } = createAdapterApi()
  const v1 = awsLambdaRequestHandler<typeof trpc.router, APIGatewayProxyEvent>(trpc)
  const v2 = awsLambdaRequestHandler<typeof trpc.router, APIGatewayProxyEventV2>(trpc)
  return {
    reasons,
    invokeV1: (over: object) => v1({ ...eventV1(PRIVATE), ...over }, CONTEXT),
    invokeV2: (over: object) => v2({ ...eventV2(PRIVATE), ...over }, CONTEXT),
  }
}

describe('the AWS Lambda adapter, event version 1', () => {
  testBearersOver(serveV1)
  testStreamedBatchesOver(serveV1)

  test('finds the header in either of its places, in any letter case', async () => {
    const { invokeV1 } = createInvoker()

    expect(await invokeV1({ headers: { AUTHORIZATION: ANN }, multiValueHeaders: null })).toMatchObject(ACCEPTED)
    expect(await invokeV1({ headers: null, multiValueHeaders: { Authorization: [ANN] } })).toMatchObject(ACCEPTED)
    expect(await invokeV1({ headers: {}, multiValueHeaders: { authorization: [ANN] } })).toMatchObject(ACCEPTED)
  })

  test('refuses an event of no headers at all, with a challenge', async () => {
    const { invokeV1, reasons } = createInvoker()

    expect(await invokeV1({ headers: null, multiValueHeaders: null })).toMatchObject({
      statusCode: 401,
      headers: { 'www-authenticate': 'Bearer realm="trpc"' },
      body: expect.stringContaining('"message":"Authentication required"'),
    })
    expect(reasons).toEqual(['missing'])
  })

  test('rejects two credentials in multiValueHeaders, equal or not, of which headers has only the last', async () => {
    const { invokeV1, reasons } = createInvoker()
    const repeated = (...values: string[]) =>
      invokeV1({
        headers: { Authorization: values.at(-1) },
        multiValueHeaders: { Authorization: values },
      })

    expect(await repeated(ANN)).toMatchObject(ACCEPTED)
    expect(await repeated(BOB, ANN)).toMatchObject(MALFORMED)
    expect(await repeated(ANN, ANN)).toMatchObject(MALFORMED)
    expect(await repeated('Basic YTpi', ANN)).toMatchObject(MALFORMED)
    expect(reasons).toEqual(['malformed', 'malformed', 'malformed'])
  })

  test('rejects two credentials under names that differ in letter case', async () => {
    const { invokeV1 } = createInvoker()
    const headers = { Authorization: ANN, authorization: BOB }

    expect(await invokeV1({ headers, multiValueHeaders: null })).toMatchObject(MALFORMED)
    expect(
      await invokeV1({ headers: null, multiValueHeaders: { Authorization: [ANN], authorization: [ANN] } }),
    ).toMatchObject(MALFORMED)
  })

  test('rejects an event whose headers and multiValueHeaders differ', async () => {
    const { invokeV1 } = createInvoker()

    expect(
      await invokeV1({ headers: { Authorization: ANN }, multiValueHeaders: { Authorization: [BOB] } }),
    ).toMatchObject(MALFORMED)
  })

  test('never reads a token from another member of an event', async () => {
    const { invokeV1, reasons } = createInvoker()
    const elsewhere = { authorization: ANN, Authorization: ANN, token: ANN }
    const requestContext = { ...eventV1(PRIVATE).requestContext, authorizer: elsewhere }

    expect(await invokeV1({ stageVariables: elsewhere, requestContext })).toMatchObject({ statusCode: 401 })
    expect(reasons).toEqual(['missing'])
  })
})

describe('the AWS Lambda adapter, event version 2', () => {
  testBearersOver(serveV2)
  testStreamedBatchesOver(serveV2)

  test('rejects two header lines, which the gateway joins by a comma', async () => {
    const { invokeV2, reasons } = createInvoker()

    expect(await invokeV2({ headers: { authorization: ANN } })).toMatchObject(ACCEPTED)
    expect(await invokeV2({ headers: { authorization: `${ANN},${BOB}` } })).toMatchObject(MALFORMED)
    expect(await invokeV2({ headers: { authorization: `${ANN},${ANN}` } })).toMatchObject(MALFORMED)
    expect(reasons).toEqual(['malformed', 'malformed'])
  })

  test('never reads a token from cookies, which are separate from the headers', async () => {
    const { invokeV2, reasons } = createInvoker()

    expect(await invokeV2({ cookies: [`authorization=${ANN}`, `token=${ANN}`] })).toMatchObject({ statusCode: 401 })
    expect(reasons).toEqual(['missing'])
  })
})

describe('the AWS Lambda adapter that streams, event version 1', () => {
  testBearersOver(streamV1)
  testStreamedBatchesOver(streamV1)
})

describe('the AWS Lambda adapter that streams, event version 2', () => {
  testBearersOver(streamV2)
  testStreamedBatchesOver(streamV2)
})
