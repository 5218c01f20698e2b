import { once } from 'node:events'
import { PassThrough, Readable, type Writable } from 'node:stream'
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  APIGatewayProxyStructuredResultV2,
  Context,
  StreamifyHandler,
} from 'aws-lambda'
import { onTestFinished, vi } from 'vitest'

import type { Endpoint, Fetch } from './endpoint.ts'

const URL_OF_API = 'https://api.example/trpc'

export const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'trpc',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:trpc',
  memoryLimitInMB: '128',
  awsRequestId: '1',
  logGroupName: 'trpc',
  logStreamName: '1',
  getRemainingTimeInMillis: () => 3000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
}

type FetchArguments = Parameters<Fetch>
type Result = APIGatewayProxyResult | APIGatewayProxyStructuredResultV2

/** The parts of a request that an event is made of; header names in the client's letter case. */
interface Parts {
  url: URL
  method: string
  headers: Record<string, string>
  body: string | undefined
}

const partsOf = ([input, init]: FetchArguments): Parts => ({
  url: new URL(input as string | URL),
  method: init?.method ?? 'GET',
  headers: { Host: 'api.example', 'X-Forwarded-For': '127.0.0.1', ...(init?.headers as Record<string, string>) },
  body: typeof init?.body === 'string' ? init.body : undefined,
})

/** An endpoint whose `fetch` makes an event of each request and hands it to a handler. */
export function lambdaEndpoint<Event>(
  toEvent: (...request: FetchArguments) => Event,
  handler: (event: Event, context: Context) => Promise<Result>,
): Endpoint {
  return { url: URL_OF_API, fetch: async (...request) => toResponse(await handler(toEvent(...request), CONTEXT)) }
}

function toResponse({ statusCode = 200, headers = {}, body = '' }: Result): Response {
  const fields = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Response(body, { status: statusCode, headers: fields })
}

/** As API Gateway's REST APIs make them: the client's letter case, each header in two places. */
export function eventV1(...request: FetchArguments): APIGatewayProxyEvent {
  const { url, method, headers, body } = partsOf(request)
  const query = [...url.searchParams]
  return {
    resource: '/trpc/{proxy+}',
    path: url.pathname,
    pathParameters: { proxy: url.pathname.replace('/trpc/', '') },
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query.length > 0 ? Object.fromEntries(query) : null,
    multiValueQueryStringParameters: query.length > 0 ? Object.fromEntries(query.map(([k, v]) => [k, [v]])) : null,
    stageVariables: null,
    body: body ?? null,
    isBase64Encoded: false,
    requestContext: requestContextV1(url, method),
  }
}

function requestContextV1(url: URL, method: string): APIGatewayProxyEvent['requestContext'] {
  const nobody = { accessKey: null, accountId: null, caller: null, user: null, userArn: null, userAgent: null }
  const noKey = { apiKey: null, apiKeyId: null, clientCert: null, principalOrgId: null }
  const noCognito = {
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
  }
  return {
    accountId: '123456789012',
    apiId: 'a1b2c3',
    authorizer: null,
    domainName: url.hostname,
    protocol: 'HTTP/1.1',
    httpMethod: method,
    identity: { ...nobody, ...noKey, ...noCognito, sourceIp: '127.0.0.1' },
    path: url.pathname,
    stage: 'prod',
    requestId: '1',
    requestTimeEpoch: Date.now(),
    resourceId: 'r1',
    resourcePath: '/trpc/{proxy+}',
  }
}

/** As API Gateway's HTTP APIs and function URLs make them: lower-case names, repeated headers joined, cookies apart. */
export function eventV2(...request: FetchArguments): APIGatewayProxyEventV2 {
  const { url, method, headers, body } = partsOf(request)
  const { cookie, ...lowerCase } = Object.fromEntries(new Headers(headers))
  return {
    version: '2.0',
    routeKey: 'ANY /trpc/{proxy+}',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    pathParameters: { proxy: url.pathname.replace('/trpc/', '') },
    headers: lowerCase,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3',
      domainName: url.hostname,
      domainPrefix: 'api',
      http: { method, path: url.pathname, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' },
      requestId: '1',
      routeKey: 'ANY /trpc/{proxy+}',
      stage: '$default',
      time: new Date().toISOString(),
      timeEpoch: Date.now(),
    },
  }
}

/** The same for a handler that streams, under the global that the Lambda runtime has. */
export function lambdaStreamEndpoint<Event>(
  toEvent: (...request: FetchArguments) => Event,
  handler: StreamifyHandler<Event>,
): Endpoint {
  vi.stubGlobal('awslambda', { HttpResponseStream: { from: sendHead } })
  onTestFinished(() => void vi.unstubAllGlobals())
  return {
    url: URL_OF_API,
    fetch: async (...request) => {
      const stream = new PassThrough()
      const head = once(stream, 'head')
      const handled = handler(toEvent(...request), stream as never, CONTEXT)
      const [{ statusCode, headers }] = (await head) as [{ statusCode: number; headers: Record<string, string> }]
      await handled
      return new Response(Readable.toWeb(stream) as ReadableStream, { status: statusCode, headers })
    },
  }
}

function sendHead(stream: Writable, metadata: Record<string, unknown>): Writable {
  stream.emit('head', metadata)
  return stream
}
